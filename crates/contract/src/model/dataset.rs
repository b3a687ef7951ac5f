//! A schema object: the promise about one dataset.

use super::Version::{V3_0_0, V3_1_0, V3_2_0};
use super::record::{TextForm, Word, field, record};
use super::{AuthoritativeDefinition, ContextBlock, CustomProperty, Property, Quality, Relationship, Synonym};

record! {
    /// One dataset: a table, a topic, a set of files.
    pub struct SchemaObject = "a schema object", Some(V3_0_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// The dataset's name, as SQL and pipelines use it.
    name: Option<String> = field("name").required();
    /// Its name in the source.
    physical_name: Option<String> = field("physicalName");
    /// What it is in the source: table, view, topic, file.
    physical_type: Option<String> = field("physicalType");
    /// The logical type; `object` for rows.
    logical_type: Option<String> = field("logicalType").words(&[Word("object", V3_0_0), Word("blob", V3_2_0)]);
    /// What the dataset holds.
    description: Option<String> = field("description");
    /// Its name in the business.
    business_name: Option<String> = field("businessName");
    /// Whether it should no longer be used.
    deprecated: Option<bool> = field("deprecated").since(V3_2_0);
    /// What one row stands for.
    data_granularity_description: Option<String> = field("dataGranularityDescription");
    /// Other names.
    synonyms: Vec<Synonym> = field("synonyms").since(V3_2_0);
    /// Words to find it by.
    tags: Vec<String> = field("tags");
    /// Guidance for agents.
    context: Option<ContextBlock> = field("context").since(V3_2_0);
    /// The columns.
    properties: Vec<Property> = field("properties");
    /// Foreign keys of several columns.
    relationships: Vec<Relationship> = field("relationships").since(V3_1_0);
    /// Rules about the dataset as a whole.
    quality: Vec<Quality> = field("quality");
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions");
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties");
}
