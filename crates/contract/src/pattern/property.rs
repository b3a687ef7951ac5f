//! Unicode properties, `\p{…}`: the names that ECMA-262 allows, which are spelled exactly.
//! <https://tc39.es/ecma262/#table-unicode-general-category-values> and its neighbours.

use super::Problem;
use super::parse::Parser;

/// Values of General_Category, long and short.
const CATEGORIES: &str = " Cased_Letter LC Close_Punctuation Pe Connector_Punctuation Pc Control Cc cntrl Currency_Symbol Sc \
    Dash_Punctuation Pd Decimal_Number Nd digit Enclosing_Mark Me Final_Punctuation Pf Format Cf Initial_Punctuation Pi \
    Letter L Letter_Number Nl Line_Separator Zl Lowercase_Letter Ll Mark M Combining_Mark Math_Symbol Sm Modifier_Letter \
    Lm Modifier_Symbol Sk Nonspacing_Mark Mn Number N Open_Punctuation Ps Other C Other_Letter Lo Other_Number No \
    Other_Punctuation Po Other_Symbol So Paragraph_Separator Zp Private_Use Co Punctuation P punct Separator Z \
    Space_Separator Zs Spacing_Mark Mc Surrogate Cs Symbol S Titlecase_Letter Lt Unassigned Cn Uppercase_Letter Lu ";

/// Binary properties, long and short.
const BINARY: &str = " ASCII ASCII_Hex_Digit AHex Alphabetic Alpha Any Assigned Bidi_Control Bidi_C Bidi_Mirrored Bidi_M \
    Case_Ignorable CI Cased Changes_When_Casefolded CWCF Changes_When_Casemapped CWCM Changes_When_Lowercased CWL \
    Changes_When_NFKC_Casefolded CWKCF Changes_When_Titlecased CWT Changes_When_Uppercased CWU Dash \
    Default_Ignorable_Code_Point DI Deprecated Dep Diacritic Dia Emoji Emoji_Component EComp Emoji_Modifier EMod \
    Emoji_Modifier_Base EBase Emoji_Presentation EPres Extended_Pictographic ExtPict Extender Ext Grapheme_Base Gr_Base \
    Grapheme_Extend Gr_Ext Hex_Digit Hex IDS_Binary_Operator IDSB IDS_Trinary_Operator IDST ID_Continue IDC ID_Start IDS \
    Ideographic Ideo Join_Control Join_C Logical_Order_Exception LOE Lowercase Lower Math Noncharacter_Code_Point NChar \
    Pattern_Syntax Pat_Syn Pattern_White_Space Pat_WS Quotation_Mark QMark Radical Regional_Indicator RI \
    Sentence_Terminal STerm Soft_Dotted SD Terminal_Punctuation Term Unified_Ideograph UIdeo Uppercase Upper \
    Variation_Selector VS White_Space space XID_Continue XIDC XID_Start XIDS ";

/// Reads what follows `\p` or `\P`.
pub(super) fn read(parser: &mut Parser, start: usize, negated: bool) -> Result<String, Problem> {
    let mut text = String::new();
    if parser.eat('{') {
        while let Some(next) = parser.next().filter(|next| *next != '}') {
            text.push(next);
        }
    }
    let unknown = || Parser::invalid_at(start, format!("`\\p{{{text}}}` is no Unicode property of ECMA-262"));
    let body = match text.split_once('=') {
        Some(("General_Category" | "gc", value)) if listed(CATEGORIES, value) => value.to_owned(),
        Some(("Script" | "sc", value)) if is_script(value) => format!("sc={value}"),
        Some(("Script_Extensions" | "scx", value)) if is_script(value) => format!("scx={value}"),
        None if listed(CATEGORIES, &text) || listed(BINARY, &text) => text.clone(),
        _ => return Err(unknown()),
    };
    // Surrogates are in no text, and the other engine does not know their category.
    if matches!(body.as_str(), "Cs" | "Surrogate") {
        return Ok(if negated { r"[\s\S]" } else { r"[^\s\S]" }.to_owned());
    }
    if negated && parser.flags.ignore_case {
        let message = "`\\P` without regard to case matches nearly everything in ECMA-262; say what is meant otherwise";
        return Err(Parser::unsupported_at(start, message));
    }
    let class = format!(r"\{}{{{body}}}", if negated { 'P' } else { 'p' });
    match regex::Regex::new(&class) {
        Ok(_) => Ok(format!("[{class}]")),
        Err(_) if body.contains('=') => Err(unknown()),
        Err(_) => Err(Parser::unsupported_at(start, format!("the property {body} is not supported"))),
    }
}

fn listed(list: &str, name: &str) -> bool {
    !name.is_empty() && !name.contains(' ') && list.split_ascii_whitespace().any(|known| known == name)
}

/// `Greek`, `Old_Italic`, `Grek`; whether there is such a script, the engine knows.
fn is_script(name: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_uppercase())
            && part.bytes().skip(1).all(|byte| byte.is_ascii_lowercase())
    };
    name == "SignWriting" || name.split('_').all(part)
}
