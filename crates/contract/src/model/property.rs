//! A property: a column, or a part of a nested one.

use serde_json::Value as Json;

use super::Version::{V3_0_0, V3_0_2, V3_1_0, V3_2_0};
use super::record::{ScalarValue, TextForm, Word, field, record};
use super::{AuthoritativeDefinition, CustomProperty, EnumValue, Quality, Relationship, Synonym};

/// The words of a property's `logicalType`.
pub const LOGICAL_TYPES: &[Word] = &[
    Word("string", V3_0_0),
    Word("date", V3_0_0),
    Word("timestamp", V3_1_0),
    Word("time", V3_1_0),
    Word("number", V3_0_0),
    Word("integer", V3_0_0),
    Word("object", V3_0_0),
    Word("array", V3_0_0),
    Word("boolean", V3_0_0),
    Word("map", V3_2_0),
    Word("vector", V3_2_0),
];

record! {
    /// One column of a dataset, a field of an object, or the items of an array.
    pub struct Property = "a property", Some(V3_0_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// The column's name, as SQL uses it.
    name: Option<String> = field("name").required();
    /// Its name in the source.
    physical_name: Option<String> = field("physicalName").since(V3_0_2);
    /// The logical type.
    logical_type: Option<String> = field("logicalType").words(LOGICAL_TYPES);
    /// Bounds and forms of the logical type.
    logical_type_options: Option<Box<LogicalTypeOptions>> = field("logicalTypeOptions");
    /// The type in the source, for example VARCHAR(2).
    physical_type: Option<String> = field("physicalType");
    /// What the column holds.
    description: Option<String> = field("description");
    /// Its name in the business.
    business_name: Option<String> = field("businessName");
    /// Whether it should no longer be used.
    deprecated: Option<bool> = field("deprecated").since(V3_2_0);
    /// Other names.
    synonyms: Vec<Synonym> = field("synonyms").since(V3_2_0);
    /// Whether the column is part of the primary key.
    primary_key: Option<bool> = field("primaryKey");
    /// Its place in the primary key, from 1.
    primary_key_position: Option<i64> = field("primaryKeyPosition");
    /// Whether NULL is forbidden.
    required: Option<bool> = field("required");
    /// Whether no value occurs twice.
    unique: Option<bool> = field("unique");
    /// The role in the data model.
    semantic_type: Option<String> = field("semanticType").since(V3_2_0)
        .words(&[Word("column", V3_2_0), Word("measure", V3_2_0), Word("dimension", V3_2_0)]);
    /// Whether the table is partitioned by the column.
    partitioned: Option<bool> = field("partitioned");
    /// Its place among the partition columns, from 1.
    partition_key_position: Option<i64> = field("partitionKeyPosition");
    /// How sensitive the values are.
    classification: Option<String> = field("classification");
    /// The column that holds the encrypted value.
    encrypted_name: Option<String> = field("encryptedName");
    /// Where the value comes from.
    transform_source_objects: Vec<String> = field("transformSourceObjects");
    /// How the value is computed.
    transform_logic: Option<String> = field("transformLogic");
    /// How the value is computed, in plain words.
    transform_description: Option<String> = field("transformDescription");
    /// Sample values.
    examples: Vec<Json> = field("examples");
    /// The allowed values.
    allowed: Vec<EnumValue> = field("enum").since(V3_2_0);
    /// Whether the business depends on the column.
    critical_data_element: Option<bool> = field("criticalDataElement");
    /// The fields of an object.
    properties: Vec<Property> = field("properties");
    /// What an array holds.
    items: Option<Box<Property>> = field("items");
    /// What a map holds.
    map: Option<Box<MapTypes>> = field("map").since(V3_2_0);
    /// Foreign keys of this column.
    relationships: Vec<Relationship> = field("relationships").since(V3_1_0);
    /// Rules about the column.
    quality: Vec<Quality> = field("quality");
    /// Words to find it by.
    tags: Vec<String> = field("tags");
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions");
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties");
}

record! {
    /// The types of a map's keys and values.
    pub struct MapTypes = "a map", Some(V3_2_0);
    /// What the keys are.
    key: Option<Property> = field("key").since(V3_2_0).required();
    /// What the values are.
    value: Option<Property> = field("value").since(V3_2_0).required();
}

record! {
    /// Bounds and forms of a logical type. Which of them apply depends on the type; the lint knows.
    pub struct LogicalTypeOptions = "the logical type's options", None;
    /// Least number of characters.
    min_length: Option<u64> = field("minLength");
    /// Greatest number of characters.
    max_length: Option<u64> = field("maxLength");
    /// A regular expression (ECMA-262) that occurs in the value.
    pattern: Option<String> = field("pattern");
    /// The form of a text or a date, the width of a number.
    format: Option<String> = field("format");
    /// Least value.
    minimum: Option<ScalarValue> = field("minimum");
    /// Greatest value.
    maximum: Option<ScalarValue> = field("maximum");
    /// Values are greater than this. In v3.0 a boolean that makes `minimum` exclusive.
    exclusive_minimum: Option<ScalarValue> = field("exclusiveMinimum");
    /// Values are less than this. In v3.0 a boolean that makes `maximum` exclusive.
    exclusive_maximum: Option<ScalarValue> = field("exclusiveMaximum");
    /// Values are multiples of this.
    multiple_of: Option<ScalarValue> = field("multipleOf");
    /// Whether a time has a zone.
    timezone: Option<bool> = field("timezone").since(V3_1_0);
    /// The zone of times that do not say it; Etc/UTC when absent.
    default_timezone: Option<String> = field("defaultTimezone").since(V3_1_0);
    /// Least number of items.
    min_items: Option<u64> = field("minItems");
    /// Greatest number of items.
    max_items: Option<u64> = field("maxItems");
    /// Whether no item occurs twice.
    unique_items: Option<bool> = field("uniqueItems");
    /// Least number of fields.
    min_properties: Option<u64> = field("minProperties");
    /// Greatest number of fields.
    max_properties: Option<u64> = field("maxProperties");
    /// Fields that an object must have.
    required: Vec<String> = field("required");
    /// Length of a vector.
    dimensions: Option<u64> = field("dimensions").since(V3_2_0);
    /// Type of a vector's elements; float32 when absent.
    element_type: Option<String> = field("elementType").since(V3_2_0);
    /// How two vectors are compared.
    distance_metric: Option<String> = field("distanceMetric").since(V3_2_0);
    /// The model that made a vector.
    embedding_model: Option<String> = field("embeddingModel").since(V3_2_0);
    /// The version of that model.
    embedding_model_version: Option<String> = field("embeddingModelVersion").since(V3_2_0);
    /// Whether a vector has length one.
    normalized: Option<bool> = field("normalized").since(V3_2_0);
}
