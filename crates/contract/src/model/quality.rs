//! Quality rules and service levels.

use serde_json::{Map, Number, Value as Json};

use super::Version::{V3_0_0, V3_1_0, V3_2_0};
use super::record::{ScalarValue, TextForm, Word, field, record};
use super::{AuthoritativeDefinition, CustomProperty};

/// The words of `dimension`.
pub const DIMENSIONS: &[Word] = &[
    Word("accuracy", V3_0_0),
    Word("completeness", V3_0_0),
    Word("conformity", V3_0_0),
    Word("consistency", V3_0_0),
    Word("coverage", V3_0_0),
    Word("timeliness", V3_0_0),
    Word("uniqueness", V3_0_0),
];

/// The comparisons of a rule, of which it has one.
pub const OPERATORS: [&str; 8] = [
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
];

/// The words of a rule's `type`.
pub const RULE_TYPES: &[Word] =
    &[Word("library", V3_0_0), Word("text", V3_0_0), Word("sql", V3_0_0), Word("custom", V3_0_0)];

record! {
    /// A rule about the quality of the data.
    pub struct Quality = "a quality rule", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// Name of the rule.
    name: Option<String> = field("name");
    /// What the rule means.
    description: Option<String> = field("description");
    /// The kind of rule; `library` when absent.
    kind: Option<String> = field("type").words(RULE_TYPES);
    /// The predefined metric of a library rule.
    metric: Option<String> = field("metric").since(V3_1_0);
    /// The predefined metric, as v3.0 called it.
    rule: Option<String> = field("rule").deprecated("metric");
    /// What the metric needs to know: validValues, missingValues, pattern, properties.
    arguments: Option<Map<String, Json>> = field("arguments").since(V3_1_0);
    /// The query of an sql rule; it gives one value.
    query: Option<String> = field("query");
    /// Who executes a custom rule.
    engine: Option<String> = field("engine");
    /// A custom rule in its engine's language.
    implementation: Option<Json> = field("implementation");
    /// The measured value must be this.
    must_be: Option<Json> = field("mustBe");
    /// The measured value must not be this.
    must_not_be: Option<Json> = field("mustNotBe");
    /// The measured value must be greater than this.
    must_be_greater_than: Option<Number> = field("mustBeGreaterThan");
    /// The measured value must be this or greater.
    must_be_greater_or_equal_to: Option<Number> = field("mustBeGreaterOrEqualTo");
    /// The measured value must be less than this.
    must_be_less_than: Option<Number> = field("mustBeLessThan");
    /// The measured value must be this or less.
    must_be_less_or_equal_to: Option<Number> = field("mustBeLessOrEqualTo");
    /// The measured value must be between these two, smallest first.
    must_be_between: Vec<Number> = field("mustBeBetween");
    /// The measured value must not be between these two, smallest first.
    must_not_be_between: Vec<Number> = field("mustNotBeBetween");
    /// What is counted: rows or percent.
    unit: Option<String> = field("unit");
    /// The dimension of quality that the rule is about.
    dimension: Option<String> = field("dimension").words(DIMENSIONS);
    /// How the rule is checked, for example reconciliation.
    method: Option<String> = field("method");
    /// How bad a violation is.
    severity: Option<String> = field("severity");
    /// What a violation does to the business.
    business_impact: Option<String> = field("businessImpact");
    /// The tool that starts the check.
    scheduler: Option<String> = field("scheduler");
    /// When it is started.
    schedule: Option<String> = field("schedule");
    /// Words to find the rule by.
    tags: Vec<String> = field("tags");
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties");
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions");
}

record! {
    /// A service level.
    pub struct SlaProperty = "a service level", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// What is promised: latency, retention, frequency, availability and so on.
    property: Option<String> = field("property").required();
    /// How much is promised.
    value: Option<ScalarValue> = field("value").required();
    /// The other end, where a promise has two.
    value_ext: Option<ScalarValue> = field("valueExt");
    /// The unit of the value: d, day, days; y, yr, years; and so on.
    unit: Option<String> = field("unit");
    /// What it is promised about: `dataset.column`; several are separated by commas.
    element: Option<String> = field("element");
    /// Why it is promised: regulatory, analytics, operational.
    driver: Option<String> = field("driver");
    /// The promise for people.
    description: Option<String> = field("description").since(V3_1_0);
    /// The tool that checks it.
    scheduler: Option<String> = field("scheduler").since(V3_1_0);
    /// When it is checked.
    schedule: Option<String> = field("schedule").since(V3_1_0);
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_2_0);
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions").since(V3_2_0);
}

impl Quality {
    /// The names of the comparisons that the rule has, in the order of [`OPERATORS`].
    pub fn comparisons(&self) -> Vec<&'static str> {
        let given = [
            self.must_be.is_some(),
            self.must_not_be.is_some(),
            self.must_be_greater_than.is_some(),
            self.must_be_greater_or_equal_to.is_some(),
            self.must_be_less_than.is_some(),
            self.must_be_less_or_equal_to.is_some(),
            !self.must_be_between.is_empty(),
            !self.must_not_be_between.is_empty(),
        ];
        OPERATORS.into_iter().zip(given).filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }
}
