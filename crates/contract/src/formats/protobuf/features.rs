//! Features of editions: how fields are present, how enums are open, how values are written.

use std::collections::BTreeMap;

use super::file::Named;
use super::tokens::{Kind, Token};

pub(super) const PRESENCE: &str = "field_presence";
pub(super) const ENUM_TYPE: &str = "enum_type";
pub(super) const PACKING: &str = "repeated_field_encoding";
pub(super) const UTF8: &str = "utf8_validation";
pub(super) const ENCODING: &str = "message_encoding";
pub(super) const JSON: &str = "json_format";

/// By name, as the file writes them. Those of code generators (`features.(pb.java)`) are not looked at.
pub(super) type Features = BTreeMap<String, Named>;

/// What an option says of features: `features.enum_type = CLOSED` or `features = { enum_type: CLOSED }`.
pub(super) fn of(name: &str, value: &[Token]) -> Features {
    let is_known = |name: &str| [PRESENCE, ENUM_TYPE, PACKING, UTF8, ENCODING, JSON].contains(&name);
    let named = |token: &Token| Named { text: token.text.clone(), span: token.span };
    if let Some(feature) = name.strip_prefix("features.").filter(|feature| is_known(feature)) {
        return value.first().map(|token| (feature.to_owned(), named(token))).into_iter().collect();
    }
    if name != "features" {
        return Features::new();
    }
    let words: Vec<&Token> = value.iter().filter(|token| token.kind == Kind::Word).collect();
    let pairs = words.chunks_exact(2).filter(|pair| is_known(&pair[0].text));
    pairs.map(|pair| (pair[0].text.clone(), named(pair[1]))).collect()
}

/// What holds where a file says nothing.
pub(super) fn by_syntax(syntax: &str, feature: &str) -> &'static str {
    let (is_proto2, is_proto3) = (matches!(syntax, "" | "proto2"), syntax == "proto3");
    match feature {
        PRESENCE if is_proto3 => "IMPLICIT",
        PRESENCE => "EXPLICIT",
        ENUM_TYPE if is_proto2 => "CLOSED",
        ENUM_TYPE => "OPEN",
        PACKING if is_proto2 => "EXPANDED",
        PACKING => "PACKED",
        UTF8 if is_proto2 => "NONE",
        UTF8 => "VERIFY",
        ENCODING => "LENGTH_PREFIXED",
        JSON if is_proto2 => "LEGACY_BEST_EFFORT",
        _ => "ALLOW",
    }
}
