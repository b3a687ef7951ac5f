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
    BAD_DATE = "PL118", "bad-date", Error, "A date or timestamp is not written in ISO 8601.";
    BAD_ADDRESS = "PL119", "bad-address", Error, "A server's address has no scheme, or white space in it.";
    DUPLICATE_DATASET = "PL120", "duplicate-dataset", Error, "Two schema objects have the same name.";
    DUPLICATE_COLUMN = "PL121", "duplicate-column", Error, "Two properties of one object have the same name.";
    DUPLICATE_ID = "PL122", "duplicate-id", Error, "Two entries of one list have the same `id`.";
    DUPLICATE_CUSTOM_PROPERTY = "PL123", "duplicate-custom-property", Warning, "A custom property is given twice for the same vendor.";
    UNNAMED = "PL124", "unnamed", Error, "A name, the contract's `id` or its `version` is an empty text.";
    PRIMARY_KEY = "PL125", "primary-key", Warning, "The primary key's positions contradict each other.";
    VERSION_NOT_SEMANTIC = "PL126", "version-not-semantic", Warning, "The contract's version is not a semantic version.";
    NO_SCHEMA = "PL127", "no-schema", Info, "The contract promises no dataset.";
    VARIABLE = "PL128", "variable", Info, "A value is put in when the contract is used, so that it cannot be checked.";
    SECRET = "PL129", "secret", Warning, "A secret stands in the contract as plain text.";
    TYPE_OPTION = "PL130", "type-option", Error, "An option does not belong to the property's logical type.";
    BAD_PATTERN = "PL131", "bad-pattern", Error, "A pattern is not a valid regular expression.";
    EMPTY_RANGE = "PL132", "empty-range", Warning, "The bounds contradict each other, so that no value can satisfy them.";
    DOUBLE_BOUND = "PL133", "double-bound", Warning, "An inclusive and an exclusive bound are given for the same side.";
    BAD_BOUND = "PL134", "bad-bound", Error, "A bound is not a value of the property's type; a warning where it may be in a form of its own.";
    ENUM_VALUE = "PL135", "enum-value", Error, "An allowed value is listed twice, is NULL although the property is required, or breaks the property's own rules (a warning).";
    EXAMPLE_VIOLATES = "PL136", "example-violates", Warning, "An example violates the property's own rules.";
    TYPE_UNCLEAR = "PL137", "type-unclear", Info, "The property has no logical type; it was derived from the physical type, or text is assumed.";
    INCOMPLETE_TYPE = "PL138", "incomplete-type", Warning, "A nested type does not say what it holds.";
    TIME_FORMAT = "PL139", "time-format", Warning, "The format or time zone of a date or time cannot be understood.";
    OPERATOR = "PL140", "operator", Error, "A quality rule must have exactly one comparison.";
    EMPTY_BETWEEN = "PL141", "empty-between", Error, "The lower bound of a comparison is not below the upper one.";
    NOT_A_SELECT = "PL142", "not-a-select", Error, "A quality query must be one statement that only reads.";
    METRIC_PLACE = "PL143", "metric-place", Warning, "The metric does not fit the place where it stands, or lacks an argument.";
    RULE_FIELDS = "PL144", "rule-fields", Warning, "A quality rule mixes the fields of several types; an error since v3.1.0.";
    RULE_UNIT = "PL145", "rule-unit", Warning, "The unit of a metric is neither rows nor percent, or does not fit the metric.";
    UNKNOWN_ARGUMENT = "PL146", "unknown-argument", Warning, "The metric has no such argument, or the argument has a value that it cannot have.";
    QUERY_NAME = "PL147", "query-name", Warning, "A query names a table or a column that the contract does not have.";
    RULE_CONTRADICTION = "PL148", "rule-contradiction", Warning, "A quality rule can never hold, always holds, or contradicts the property.";
    REFERENCE_UNKNOWN = "PL150", "reference-unknown", Warning, "A relationship names a dataset that no contract has; an error where the dataset is there and the column is not.";
    REFERENCE_SHAPE = "PL151", "reference-shape", Error, "A relationship's two sides differ in their number of columns, or one is empty.";
    SLA_ELEMENT = "PL152", "sla-element", Warning, "A service level names an element that this contract does not have.";
    SLA_UNCLEAR = "PL153", "sla-unclear", Warning, "A service level's value or unit cannot be understood.";
    SERVER_FIELD = "PL154", "server-field", Error, "A server lacks a field that its type needs, or has one that its type does not know.";
    PRICE = "PL155", "price", Warning, "The price makes no sense.";
    SETTING = "PL156", "setting", Error, "One of Plimsoll's own settings has a value that it cannot have.";
    PARTITION_KEY = "PL157", "partition-key", Warning, "The positions of the partition columns contradict each other.";
    SLA_WORD = "PL158", "sla-word", Warning, "The standard does not know a service level of this name, or the driver.";
    RECOMMENDED_WORD = "PL159", "recommended-word", Info, "A text is nearly one of the words that the standard recommends here.";
    NOT_COMPILED = "PL160", "not-compiled", Info, "A promise of the contract cannot be checked; every run reports it as not checked.";
    TYPE_UNSUPPORTED = "PL161", "type-unsupported", Warning, "A type has no equivalent and is held as something close to it.";
    OUTSIDE_TYPE = "PL170", "outside-type", Warning, "A bound or a length lies outside of what the type can hold.";
    REFERENCE_TYPE = "PL171", "reference-type", Warning, "The columns on the two sides of a relationship have different types.";
    LINK_UNRESOLVED = "PL172", "link-unresolved", Warning, "A reference to another file, or a link to an element, leads nowhere.";
    DEPRECATED_IN_USE = "PL173", "deprecated-in-use", Warning, "Something that is not deprecated depends on an element that is.";
    NAME_CLASH = "PL174", "name-clash", Warning, "Two names differ only in case, or stand for the same thing in the source.";
    DATE_ORDER = "PL175", "date-order", Warning, "Dates contradict each other.";
    SEMANTIC_TYPE = "PL176", "semantic-type", Warning, "The semantic type contradicts the rest of the property.";
    CONTEXT = "PL177", "context", Warning, "Guidance for agents is empty, or given twice.";
    UNKNOWN_PART = "PL178", "unknown-part", Warning, "An option names a field that the object does not have.";
    SERVER_VALUE = "PL179", "server-value", Warning, "A server's field has a value that cannot be right.";
    PROTECTION = "PL180", "protection", Error, "A protection or a declassification cannot be understood.";
    PROTECTION_TYPE = "PL181", "protection-type", Error, "A protection does not give the type that the contract promises.";
    PROTECTION_KEY = "PL182", "protection-key", Error, "A protection of a key or a unique column does not keep apart what differs.";
    NESTED_SOURCE_NAME = "PL183", "nested-source-name", Error, "A field inside a column has another name in the source, where fields are found by their names alone.";
}
