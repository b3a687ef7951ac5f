//! Small sections that occur at many places.

use serde_json::Value as Json;

use super::Version::{V3_1_0, V3_2_0};
use super::record::{ScalarValue, TextForm, field, record};

record! {
    /// A setting that the standard does not know.
    pub struct CustomProperty = "a custom property", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// Name of the setting, in camel case.
    property: Option<String> = field("property").required_since(V3_1_0);
    /// Its value, of any type.
    value: Option<Json> = field("value").required_since(V3_1_0);
    /// What the setting is for.
    description: Option<String> = field("description").since(V3_1_0);
    /// Whose setting it is; Plimsoll's own are `plimsoll`.
    vendor: Option<String> = field("vendor").since(V3_2_0);
}

record! {
    /// A link to a source that says more.
    pub struct AuthoritativeDefinition = "an authoritative definition", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// Address of the source.
    url: Option<String> = field("url").required();
    /// What kind of definition it is, for example `businessDefinition` or `implementation`.
    kind: Option<String> = field("type").required();
    /// What is found there.
    description: Option<String> = field("description").since(V3_1_0);
}

record! {
    /// Another name by which people know the element.
    pub struct Synonym = "a synonym", Some(V3_2_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_2_0).form(TextForm::Id);
    /// The other name.
    synonym: Option<String> = field("synonym").since(V3_2_0).required();
    /// When or why this name is used.
    description: Option<String> = field("description").since(V3_2_0);
    /// Language tag, for example `fr-FR`.
    locale: Option<String> = field("locale").since(V3_2_0);
    /// Where the name comes from.
    source: Option<String> = field("source").since(V3_2_0);
    /// Its life cycle, for example `active`.
    status: Option<String> = field("status").since(V3_2_0);
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_2_0);
}

record! {
    /// One allowed value of a property.
    pub struct EnumValue = "an enum value", Some(V3_2_0);
    /// The allowed value.
    value: Option<ScalarValue> = field("value").since(V3_2_0).required();
    /// The value as people read it.
    label: Option<String> = field("label").since(V3_2_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_2_0).form(TextForm::Id);
    /// What the value means.
    description: Option<String> = field("description").since(V3_2_0);
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_2_0);
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions").since(V3_2_0);
    /// Words to find it by.
    tags: Vec<String> = field("tags").since(V3_2_0);
}

/// The value of one of Plimsoll's own settings: the custom property of this name whose vendor is `plimsoll`.
pub fn setting<'a>(properties: &'a [CustomProperty], name: &str) -> Option<&'a Json> {
    let own = |property: &&CustomProperty| {
        property.vendor.as_deref() == Some("plimsoll") && property.property.as_deref() == Some(name)
    };
    properties.iter().find(own).and_then(|property| property.value.as_ref())
}
