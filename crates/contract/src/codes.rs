//! Every code that a contract can be blamed with, in one list. The documentation is made from it.

use crate::diagnostic::{Diagnostic, Level, Span};

/// One kind of finding. A code keeps its meaning for good; a retired code is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeInfo {
    pub code: &'static str,
    /// A short name in words joined by hyphens.
    pub name: &'static str,
    /// The usual level; a finding may be milder where the standard's text leaves room.
    pub level: Level,
    /// One line: what it means.
    pub about: &'static str,
}

impl CodeInfo {
    /// A finding of this kind at its usual level.
    pub fn at(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code: self.code,
            level: self.level,
            message: message.into(),
            element: String::new(),
            path: String::new(),
            span,
            help: None,
        }
    }
}

macro_rules! codes {
    ($($constant:ident = $code:literal, $name:literal, $level:ident, $about:literal;)*) => {
        $(
            #[doc = $about]
            pub const $constant: CodeInfo =
                CodeInfo { code: $code, name: $name, level: Level::$level, about: $about };
        )*

        /// All codes of contracts, in order.
        pub fn codes() -> &'static [CodeInfo] {
            &[$($constant),*]
        }
    };
}

codes! {
    SYNTAX = "PL101", "syntax", Error, "The text is neither YAML nor JSON, or holds more than one document.";
    DUPLICATE_KEY = "PL102", "duplicate-key", Error, "A map gives the same key twice.";
    LIMIT = "PL103", "limit", Error, "The file is too large, too deeply nested, or its aliases expand too far.";
    NOT_A_CONTRACT = "PL104", "not-a-contract", Error, "The document is not an Open Data Contract Standard contract.";
    VERSION_UNSUPPORTED = "PL105", "version-unsupported", Error, "`apiVersion` names a version of the standard that is not v3.0.0 to v3.2.0.";
    REQUIRED_FIELD = "PL110", "required-field", Error, "A field that the standard requires is missing.";
    WRONG_TYPE = "PL111", "wrong-type", Error, "A value has another type than the standard gives the field.";
    UNKNOWN_FIELD = "PL112", "unknown-field", Error, "The standard does not know the field; a warning where the standard leaves the section open.";
    UNKNOWN_WORD = "PL113", "unknown-word", Error, "A value is not in the field's closed list of words.";
    FIELD_TOO_NEW = "PL114", "field-too-new", Error, "The field came with a later version of the standard than the contract declares.";
    DEPRECATED_FIELD = "PL115", "deprecated-field", Info, "The standard has deprecated the field.";
    BAD_IDENTIFIER = "PL116", "bad-identifier", Error, "An `id` or a reference has characters that the standard does not allow.";
    EMPTY_LIST = "PL117", "empty-list", Error, "A list that needs at least one entry is empty.";
    BAD_DATE = "PL118", "bad-date", Warning, "A date or timestamp is not written in ISO 8601.";
    DUPLICATE_DATASET = "PL120", "duplicate-dataset", Error, "Two schema objects have the same name.";
    DUPLICATE_COLUMN = "PL121", "duplicate-column", Error, "Two properties of one object have the same name.";
    DUPLICATE_ID = "PL122", "duplicate-id", Warning, "Two entries of one list have the same `id`.";
    DUPLICATE_CUSTOM_PROPERTY = "PL123", "duplicate-custom-property", Warning, "A custom property is given twice for the same vendor.";
    UNNAMED_COLUMN = "PL124", "unnamed-column", Error, "A property or schema object has an empty name.";
    PRIMARY_KEY = "PL125", "primary-key", Warning, "The primary key's positions contradict each other.";
    VERSION_NOT_SEMANTIC = "PL126", "version-not-semantic", Warning, "The contract's version is not a semantic version.";
    NO_SCHEMA = "PL127", "no-schema", Info, "The contract promises no dataset.";
    TYPE_OPTION = "PL130", "type-option", Error, "An option does not belong to the property's logical type.";
    BAD_PATTERN = "PL131", "bad-pattern", Error, "A pattern is not a valid regular expression.";
    EMPTY_RANGE = "PL132", "empty-range", Warning, "The bounds contradict each other, so that no value can satisfy them.";
    DOUBLE_BOUND = "PL133", "double-bound", Warning, "An inclusive and an exclusive bound are given for the same side.";
    BAD_BOUND = "PL134", "bad-bound", Error, "A bound is not a value of the property's type.";
    ENUM_VALUE = "PL135", "enum-value", Warning, "An allowed value is not of the property's type, or is listed twice.";
    EXAMPLE_VIOLATES = "PL136", "example-violates", Warning, "An example violates the property's own rules.";
    TYPE_UNCLEAR = "PL137", "type-unclear", Info, "The property has no logical type; it was derived from the physical type, or text is assumed.";
    INCOMPLETE_TYPE = "PL138", "incomplete-type", Warning, "A nested type does not say what it holds.";
    OPERATOR = "PL140", "operator", Error, "A quality rule must have exactly one comparison.";
    EMPTY_BETWEEN = "PL141", "empty-between", Error, "The lower bound of a comparison is not below the upper one.";
    NOT_A_SELECT = "PL142", "not-a-select", Error, "A quality query must be one statement that only reads.";
    METRIC_PLACE = "PL143", "metric-place", Warning, "The metric does not fit the place where it stands, or its arguments.";
    RULE_FIELDS = "PL144", "rule-fields", Warning, "A quality rule mixes the fields of several types.";
    REFERENCE_UNKNOWN = "PL150", "reference-unknown", Warning, "A relationship names a dataset or column that this contract does not have.";
    REFERENCE_SHAPE = "PL151", "reference-shape", Error, "A relationship's two sides differ in their number of columns, or one is empty.";
    SLA_ELEMENT = "PL152", "sla-element", Warning, "A service level names an element that this contract does not have.";
    SLA_UNCLEAR = "PL153", "sla-unclear", Warning, "A service level's value or unit cannot be understood.";
    SERVER_FIELD = "PL154", "server-field", Error, "A server lacks a field that its type needs.";
    PRICE = "PL155", "price", Warning, "The price makes no sense.";
    SETTING = "PL156", "setting", Error, "One of Plimsoll's own settings has a value that it cannot have.";
    NOT_COMPILED = "PL160", "not-compiled", Warning, "A promise of the contract cannot be checked by any engine; it is reported as not checked.";
    TYPE_UNSUPPORTED = "PL161", "type-unsupported", Warning, "A type has no equivalent and is held as something close to it.";
}
