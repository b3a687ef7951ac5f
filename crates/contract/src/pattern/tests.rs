//! Patterns as tables of texts that match, and against an ECMAScript engine on patterns made up at random.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::{Pattern, ProblemKind};

/// `x` for each text in which the pattern occurs.
fn matches(pattern: &str, texts: &[&str]) -> String {
    let pattern = Pattern::new(pattern).unwrap_or_else(|problem| panic!("{pattern}: {problem}"));
    texts.iter().map(|text| if pattern.is_match(text) { 'x' } else { '.' }).collect()
}

#[test]
fn what_patterns_mean() {
    for (pattern, texts, expected) in [
        ("a.c", &["abc", "a\nc", "a\u{2028}c", "a\u{85}c", "a\rc", "a🙂c"][..], "x..x.x"),
        (r"^\d+$", &["12", "٣", "1a", "0\n"], "x..."),
        (r"^\w$", &["a", "_", "é", "K", "ſ"], "xx.x."),
        (r"^\s$", &["\u{feff}", "\u{85}", "\u{b}", "\u{200b}", "\u{3000}"], "x.x.x"),
        (r"^[\s\d]$", &["\u{a0}", "5", "x"], "xx."),
        (r"^[^\W]$", &["a", "-"], "x."),
        (r"\bcat\b", &["a cat", "écat", "cats", "cat-like"], "xx.x"),
        (r"^\cJ$", &["\n", "J"], "x."),
        (r"^\x41\u0042\u{43}$", &["ABC", "abc"], "x."),
        (r"^\uD83D\uDE00$", &["😀", "🙂"], "x."),
        (r"^[\uD83D\uDE00-\uD83D\uDE4F]$", &["😀", "🙂", "a"], "xx."),
        (r"^\u{1F600}?$", &["", "😀", "😀😀"], "xx."),
        ("^.$", &["😀", "e\u{301}"], "x."),
        (r"^\0$", &["\0", "0"], "x."),
        ("^[]$|^[^]$", &["", "a", "\n"], ".xx"),
        ("^[a-c&&b-d]$", &["a", "b", "&", "d", "e"], "xxxx."),
        ("^[[:alpha:]]$", &["a]", ":]", "b]", "a"], "xx.."),
        (r"^[\w-.]+$", &["a-b.c", "a b"], "x."),
        (r"^[\b]$", &["\u{8}", "b"], "x."),
        (r"^[a\-z]+$", &["a-z", "m"], "x."),
        ("^[-a]+[a-]$", &["-a-", "b"], "x."),
        ("^a{2}$", &["aa", "a{2}"], "x."),
        ("^a{2,}$", &["aa", "aaa", "a"], "xx."),
        ("^{a}$", &["{a}", "a"], "x."),
        ("^a{b]$", &["a{b]", "ab"], "x."),
        (r"^x{1$", &["x{1", "x"], "x."),
        ("^(?<year>[0-9]{4})-(?:x|y)$", &["2024-x", "2024-z"], "x."),
        ("(?i)^straße$", &["STRAßE", "STRAẞE", "strasse"], "xx."),
        ("^(?i:a)b$", &["Ab", "AB"], "x."),
        ("(?i)^a(?-i:b)$", &["Ab", "AB"], "x."),
        ("^(?s:.)$", &["\n"], "x"),
        (r"^\p{Lu}\p{Script=Greek}\p{L}$", &["Aαb", "aαb", "Aab"], "x.."),
        (r"^\P{L}+$", &["12", "1a"], "x."),
        (r"^[\p{Nd}\p{Pd}]+$", &["1-٣", "a"], "x."),
        ("^a|b$", &["ax", "xb", "xax"], "xx."),
        ("a$b", &["a", "ab"], ".."),
        ("", &["", "anything"], "xx"),
        (r"^a{0}$", &["", "a"], "x."),
        // Look-ahead behind the leading ^: all of them, and the rest.
        (r"^(?=.*[A-Z])(?=.*\d)(?!.*\s).{4,}$", &["Abc1", "abc1", "Abcd", "A bc1", "A1c"], "x...."),
        ("^(?!foo|bar)[a-z]+$", &["foot", "bar", "baz"], "..x"),
        ("^(?!$)a*", &["", "a"], ".x"),
    ] {
        assert_eq!(matches(pattern, texts), expected, "{pattern}");
    }
}

#[test]
fn what_is_refused_and_where() {
    let patterns = [
        "a(?=b)",
        "(?<=a)b",
        "x(?<!y)",
        "^(?=a)b|c",
        "(?!a)b",
        "(a)\\1",
        r"(?<n>a)\k<n>",
        "(",
        "a)",
        "[a",
        "[z-a]",
        "*a",
        "a**",
        "^*",
        r"\b+",
        "a{2}{3}",
        "a{3,2}",
        "a{,3}",
        "{2}",
        r"a\",
        r"\q",
        r"\x4",
        r"\u12",
        r"\u{110000}",
        r"\uD83D",
        r"\c1",
        r"\Aab\z",
        "(?x)a",
        "(?m:a)",
        "(?ii:a)",
        "(?-:a)",
        "(?<1>a)",
        "(?<n>a)(?<n>b)",
        r"\p{Lux}",
        r"\p{greek}",
        r"\pL",
        r"\p{Script=Nowhere}",
        r"(?i)\P{L}",
        r"\01",
        "a{100001}",
        "(a{1000}){1000}",
        "(?i)é(?i)",
    ];
    let found = patterns.map(|pattern| {
        let problem = Pattern::new(pattern).expect_err(pattern);
        let kind = if problem.kind == ProblemKind::Invalid { "invalid    " } else { "unsupported" };
        format!("{kind} {pattern:24} {problem}")
    });
    insta::assert_snapshot!(found.join("\n"));
    let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(Pattern::new(&deep).expect_err("deep").kind, ProblemKind::Unsupported);
}

/// A piece of a pattern. Counts and nesting are small, because the other engine tries all ways.
fn piece() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "K", "é", "-", "_", "1", " ", "\\n", ".", "ß", "😀", ","]),
        2 => prop::sample::select(vec![
            r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\.", r"\/", r"\-", r"\cJ", r"\x61", r"\u0062", r"\u{1F600}", r"\t",
            r"\uD83D\uDE00", r"\0", r"\p{L}", r"\p{Lu}", r"\P{Ll}", r"\p{Script=Greek}", r"\p{Alphabetic}", r"\^", r"\$"
        ]),
        2 => prop::sample::select(vec![
            "[ab]", "[^ab]", "[a-c]", r"[\d_]", r"[^\s]", r"[\W]", r"[^\W\d]", "[]", "[^]", "[a-]", "[.]", "[&&]", "[~~a]", "[|()]",
            r"[\]\\]", r"[\b]", r"[\u{1F600}-\u{1F64F}]", r"[\p{L}1]", r"[^\P{L}]", "[[]", r"[\^a]", "[a^]", r"[\-a]"
        ]),
        1 => prop::sample::select(vec!["^", "$", r"\b", r"\B"]),
    ];
    let atom = atom.prop_map(str::to_owned);
    atom.prop_recursive(2, 8, 3, |inner| {
        let quantifier = prop::sample::select(vec!["", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}?", "*?", "{2,}"]);
        prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), quantifier.clone())
                .prop_map(|(parts, q)| format!("(?:{}){q}", parts.concat())),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}|{other})")),
            (inner.clone(), quantifier).prop_map(|(one, q)| format!("(?:{one}){q}")),
            prop::collection::vec(inner, 1..4).prop_map(|parts| parts.concat()),
        ]
    })
}

fn pattern() -> impl Strategy<Value = String> {
    let ahead = prop_oneof![
        3 => Just(String::new()),
        1 => Just("^".to_owned()),
        1 => piece().prop_map(|inner| format!("^(?={inner})")),
        1 => piece().prop_map(|inner| format!("^(?!{inner})")),
    ];
    (ahead, prop::collection::vec(piece(), 0..3)).prop_map(|(ahead, parts)| format!("{ahead}{}", parts.concat()))
}

fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a", "b", "c", "k", "K", "é", "É", "-", "_", "1", "٣", " ", "\n", "\r", "\u{2028}", "\u{feff}", "\u{85}", "ß",
        "ẞ", "α", "😀", "^", "$", "&", "~", "[", "]", "(", "|", "\\", ".", ",", "{", "}", "\t", "\0", "\u{8}",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..7).prop_map(|parts| parts.concat())
}

/// What the ECMAScript engine says; `None` when it does not take the pattern.
fn oracle(pattern: &str, texts: &[String]) -> Option<Vec<bool>> {
    let regex = regress::Regex::with_flags(pattern, "u").ok()?;
    Some(texts.iter().map(|text| regex.find(text).is_some()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_an_ecmascript_engine(pattern in pattern(), texts in prop::collection::vec(text(), 1..12)) {
        let expected = oracle(&pattern, &texts);
        match (Pattern::new(&pattern), expected) {
            (Ok(own), Some(expected)) => {
                for (text, expected) in texts.iter().zip(expected) {
                    prop_assert_eq!(own.is_match(text), expected, "{} on {:?}", pattern, text);
                }
            }
            (Err(problem), Some(_)) => {
                prop_assert_eq!(problem.kind, ProblemKind::Unsupported, "{} is refused: {}", pattern, problem);
            }
            // What only browsers' leniency takes.
            (_, None) => {}
        }
    }

    #[test]
    fn any_text_is_a_pattern_or_is_refused(
        pattern in r"[\(\)\[\]\{\}\*\+\?\|\^\$\.\\,:<>=!\-0-9abdknpuwxsDLiPé😀&~ ]{0,24}",
        texts in prop::collection::vec(text(), 1..4),
    ) {
        // The same as the other engine, unless a deliberate leniency, or what is deliberately not supported.
        let own = Pattern::new(&pattern);
        let Some(expected) = quick(&pattern).then(|| oracle(&pattern, &texts)).flatten() else { return Ok(()) };
        match own {
            Ok(own) => {
                for (text, expected) in texts.iter().zip(expected) {
                    prop_assert_eq!(own.is_match(text), expected, "{} on {:?}", pattern, text);
                }
            }
            // The other engine lets an assertion be repeated, against the standard's grammar.
            Err(problem) if problem.message.starts_with("nothing to repeat") => {}
            // It reads a sign as the first of the digits.
            Err(_) if ["\\u+", "\\x+", "\\u{+"].iter().any(|sign| pattern.contains(sign)) => {}
            Err(problem) => {
                prop_assert_eq!(problem.kind, ProblemKind::Unsupported, "{} is refused: {}", pattern, problem);
            }
        }
    }
}

/// Patterns on which an engine that tries all ways does not take forever.
fn quick(pattern: &str) -> bool {
    pattern.chars().filter(|c| matches!(c, '*' | '+' | '{')).count() <= 3 && !pattern.starts_with("(?i)")
}

/// Simple anchored patterns over few letters, so that what one item takes is often what the next one needs.
fn anchored() -> impl Strategy<Value = String> {
    let set = prop::sample::select(vec!["a", "b", "[ab]", "[bc]", "[^a]", "\\d", "1", "ß", "."]);
    let times = prop::sample::select(vec!["", "", "?", "*", "+", "{2}", "{1,2}", "{2,}", "{0}", "+?"]);
    prop::collection::vec((set, times), 0..6).prop_map(|items| {
        let inner: String = items.iter().map(|(set, times)| format!("{set}{times}")).collect();
        format!("^{inner}$")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn a_sequence_decides_what_its_automaton_decides(
        pattern in anchored(),
        texts in prop::collection::vec("[abc1ß\n]{0,6}", 1..12),
    ) {
        let ready = Pattern::new(&pattern).unwrap();
        for text in texts {
            prop_assert_eq!(ready.is_match(&text), ready.search.is_match(&text), "{} on {:?}", pattern, text);
        }
    }
}

#[test]
fn common_patterns_need_no_automaton() {
    let simple = ["^[A-Z]{2}$", "^R-[0-9]{10}$", "^[a-z0-9.]+@[a-z0-9]+[.][a-z]+$", "^(\\d{3})-(\\d{4})$", "^-?\\d+$"];
    for pattern in simple {
        assert!(Pattern::new(pattern).unwrap().sequence.is_some(), "{pattern}");
    }
    // What follows could be taken by what comes before; characters beyond ASCII; not anchored; alternatives.
    for pattern in ["^[a-z]+[a-z0-9]$", "^[^@]+@x$", "^abc", "^(a|bc)$", "^\\w*\\d?a$", "^a+b*a$"] {
        assert!(Pattern::new(pattern).unwrap().sequence.is_none(), "{pattern}");
    }
}
