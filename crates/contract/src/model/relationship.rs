//! Foreign keys.

use super::CustomProperty;
use super::Version::{V3_1_0, V3_2_0};
use super::record::{OneOrMany, Word, field, record};

record! {
    /// A promise that values occur in another dataset. At a property, `from` is the property itself.
    pub struct Relationship = "a relationship", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_2_0);
    /// The kind of relationship; `foreignKey` when absent.
    kind: Option<String> = field("type").since(V3_1_0).words(&[Word("foreignKey", V3_1_0)]);
    /// The columns that refer: `dataset.column`, or a list of them.
    from: Option<OneOrMany> = field("from").since(V3_1_0);
    /// The columns that are referred to, in the same order.
    to: Option<OneOrMany> = field("to").since(V3_1_0).required();
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_1_0);
}
