//! How a section of the standard is written down once and read, written, linted and documented from there.
//!
//! `record!` declares a struct together with its table of fields. A field that is absent, empty, or of another type than
//! the standard says stays in `extra` as the file gives it, so that writing a contract loses nothing that reading met.

use serde_json::{Map, Number, Value as Json};

use super::Version;
use crate::syntax::{Kind as NodeKind, Node};

/// One section of the standard: a kind of map, and its fields.
#[derive(Debug)]
pub struct Section {
    /// For messages, with its article: `a property`.
    pub name: &'static str,
    pub about: &'static str,
    pub fields: &'static [FieldSpec],
    /// Since which version the standard forbids further fields; `None`: it never does.
    pub closed: Option<Version>,
}

impl Section {
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// One field of a section, as the standard describes it.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    pub name: &'static str,
    pub about: &'static str,
    pub kind: Kind,
    /// The version that brought the field.
    pub since: Version,
    /// From which version up to which the field must be given.
    pub required: Option<(Version, Version)>,
    /// The closed list of words; empty when any text goes.
    pub words: &'static [Word],
    /// What to use instead.
    pub deprecated: Option<&'static str>,
    pub text: TextForm,
}

/// A word of a closed list, and the version that brought it.
#[derive(Debug, Clone, Copy)]
pub struct Word(pub &'static str, pub Version);

/// What a text must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    Any,
    /// A stable id: none of `. # / \ @ ! % & ^`, no white space.
    Id,
    Date,
    DateTime,
}

/// The type of a field.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Text,
    Boolean,
    Integer,
    Number,
    /// Text, number, boolean or null.
    Scalar,
    Any,
    /// A map with any content.
    Object,
    List(&'static Kind),
    Record(fn() -> &'static Section),
    Either(&'static [Kind]),
}

/// Begins the description of a field; `record!` adds its type and documentation.
pub const fn field(name: &'static str) -> FieldSpec {
    FieldSpec {
        name,
        about: "",
        kind: Kind::Any,
        since: Version::V3_0_0,
        required: None,
        words: &[],
        deprecated: None,
        text: TextForm::Any,
    }
}

impl FieldSpec {
    pub const fn since(mut self, version: Version) -> Self {
        self.since = version;
        self
    }

    pub const fn required(mut self) -> Self {
        self.required = Some((Version::V3_0_0, Version::V3_2_0));
        self
    }

    pub const fn required_since(mut self, version: Version) -> Self {
        self.required = Some((version, Version::V3_2_0));
        self
    }

    pub const fn required_until(mut self, version: Version) -> Self {
        self.required = Some((Version::V3_0_0, version));
        self
    }

    pub const fn words(mut self, words: &'static [Word]) -> Self {
        self.words = words;
        self
    }

    pub const fn deprecated(mut self, instead: &'static str) -> Self {
        self.deprecated = Some(instead);
        self
    }

    pub const fn form(mut self, text: TextForm) -> Self {
        self.text = text;
        self
    }

    pub(super) const fn typed(mut self, kind: Kind, about: &'static str) -> Self {
        self.kind = kind;
        self.about = about;
        self
    }

    pub fn is_required(&self, version: Version) -> bool {
        self.required.is_some_and(|(from, until)| from <= version && version <= until)
    }
}

/// A section's struct.
pub trait Record: Sized + Default {
    fn section() -> &'static Section;
    fn read(node: &Node) -> Option<Self>;
    fn to_json(&self) -> Json;
}

/// A value of a field.
pub trait Item: Sized {
    const KIND: Kind;
    fn read(node: &Node) -> Option<Self>;
    fn write(&self) -> Json;

    /// Stands for an item of a list that cannot be read, so that the others keep their index.
    fn placeholder() -> Option<Self> {
        None
    }
}

/// A field's value with its absence.
pub trait FieldValue: Sized + Default {
    const KIND: Kind;
    /// `None` when the node is not of this type, or holds nothing.
    fn read(node: &Node) -> Option<Self>;
    fn write(&self) -> Option<Json>;
}

impl<T: Item> FieldValue for Option<T> {
    const KIND: Kind = T::KIND;

    fn read(node: &Node) -> Option<Self> {
        T::read(node).map(Some)
    }

    fn write(&self) -> Option<Json> {
        self.as_ref().map(T::write)
    }
}

impl<T: Item> FieldValue for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);

    fn read(node: &Node) -> Option<Self> {
        let items = node.items();
        if items.is_empty() {
            return None;
        }
        items.iter().map(|item| T::read(item).or_else(T::placeholder)).collect()
    }

    fn write(&self) -> Option<Json> {
        (!self.is_empty()).then(|| Json::Array(self.iter().map(T::write).collect()))
    }
}

impl Item for String {
    const KIND: Kind = Kind::Text;

    fn read(node: &Node) -> Option<Self> {
        node.as_str().map(str::to_owned)
    }

    fn write(&self) -> Json {
        Json::String(self.clone())
    }
}

impl Item for bool {
    const KIND: Kind = Kind::Boolean;

    fn read(node: &Node) -> Option<Self> {
        node.as_bool()
    }

    fn write(&self) -> Json {
        Json::Bool(*self)
    }
}

impl Item for i64 {
    const KIND: Kind = Kind::Integer;

    fn read(node: &Node) -> Option<Self> {
        node.as_i64()
    }

    fn write(&self) -> Json {
        Json::from(*self)
    }
}

impl Item for u64 {
    const KIND: Kind = Kind::Integer;

    fn read(node: &Node) -> Option<Self> {
        node.as_u64()
    }

    fn write(&self) -> Json {
        Json::from(*self)
    }
}

impl Item for Number {
    const KIND: Kind = Kind::Number;

    fn read(node: &Node) -> Option<Self> {
        match node.scalar()?.to_json() {
            Json::Number(number) => Some(number),
            _ => None,
        }
    }

    fn write(&self) -> Json {
        Json::Number(self.clone())
    }
}

impl Item for Json {
    const KIND: Kind = Kind::Any;

    fn read(node: &Node) -> Option<Self> {
        Some(node.to_json())
    }

    fn write(&self) -> Json {
        self.clone()
    }
}

impl Item for Map<String, Json> {
    const KIND: Kind = Kind::Object;

    fn read(node: &Node) -> Option<Self> {
        match node.to_json() {
            Json::Object(map) => Some(map),
            _ => None,
        }
    }

    fn write(&self) -> Json {
        Json::Object(self.clone())
    }
}

impl<T: Item> Item for Box<T> {
    const KIND: Kind = T::KIND;

    fn read(node: &Node) -> Option<Self> {
        T::read(node).map(Box::new)
    }

    fn write(&self) -> Json {
        T::write(self)
    }
}

/// Text, number, boolean or null: what bounds, enum values and service levels are given as.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalarValue(pub Json);

impl Item for ScalarValue {
    const KIND: Kind = Kind::Scalar;

    fn read(node: &Node) -> Option<Self> {
        node.scalar().map(|scalar| Self(scalar.to_json()))
    }

    fn write(&self) -> Json {
        self.0.clone()
    }
}

/// One text, or a list of texts.
#[derive(Debug, Clone, PartialEq)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn items(&self) -> &[String] {
        match self {
            Self::One(item) => std::slice::from_ref(item),
            Self::Many(items) => items,
        }
    }
}

impl Item for OneOrMany {
    const KIND: Kind = Kind::Either(&[Kind::Text, Kind::List(&Kind::Text)]);

    fn read(node: &Node) -> Option<Self> {
        match &node.kind {
            NodeKind::Seq(items) => items.iter().map(String::read).collect::<Option<_>>().map(Self::Many),
            NodeKind::Scalar(_) => String::read(node).map(Self::One),
            NodeKind::Map(_) => None,
        }
    }

    fn write(&self) -> Json {
        match self {
            Self::One(item) => item.write(),
            Self::Many(items) => Json::Array(items.iter().map(String::write).collect()),
        }
    }
}

/// Hands out a map's entries to a struct's fields and keeps the rest.
pub(super) struct Fields<'a> {
    node: &'a Node,
    taken: Vec<bool>,
}

impl<'a> Fields<'a> {
    pub fn of(node: &'a Node) -> Option<Self> {
        node.is_map().then(|| Self { node, taken: vec![false; node.entries().len()] })
    }

    pub fn take<T: FieldValue>(&mut self, name: &str) -> T {
        let Some(index) = self.node.entries().iter().position(|entry| entry.key == name) else {
            return T::default();
        };
        match T::read(&self.node.entries()[index].value) {
            Some(value) => {
                self.taken[index] = true;
                value
            }
            None => T::default(),
        }
    }

    pub fn rest(self) -> Map<String, Json> {
        let mut rest = Map::new();
        for (entry, taken) in self.node.entries().iter().zip(self.taken) {
            if !taken && !rest.contains_key(&entry.key) {
                rest.insert(entry.key.clone(), entry.value.to_json());
            }
        }
        rest
    }
}

/// Declares a section: `field: Type = field("jsonName").since(…)`, documented by its comment.
macro_rules! record {
    (
        $(#[doc = $about:literal])*
        pub struct $name:ident = $title:literal, $closed:expr;
        $( $(#[doc = $field_about:literal])* $field:ident: $type:ty = $spec:expr; )*
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            $( $(#[doc = $field_about])* pub $field: $type, )*
            /// Fields that the standard does not know, or whose value could not be read, as the file gives them.
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl $crate::model::record::Record for $name {
            fn section() -> &'static $crate::model::record::Section {
                use $crate::model::record::{FieldSpec, FieldValue, Section};
                static FIELDS: &[FieldSpec] =
                    &[$( $spec.typed(<$type as FieldValue>::KIND, concat!($($field_about),*)) ),*];
                static SECTION: Section =
                    Section { name: $title, about: concat!($($about),*), fields: FIELDS, closed: $closed };
                &SECTION
            }

            fn read(node: &$crate::syntax::Node) -> Option<Self> {
                let mut fields = $crate::model::record::Fields::of(node)?;
                Some(Self {
                    $( $field: fields.take(const { $spec.name }), )*
                    extra: fields.rest(),
                })
            }

            fn to_json(&self) -> serde_json::Value {
                use $crate::model::record::FieldValue;
                let mut map = serde_json::Map::new();
                $(
                    if let Some(value) = self.$field.write() {
                        map.insert(const { $spec.name }.to_owned(), value);
                    }
                )*
                for (name, value) in &self.extra {
                    map.entry(name).or_insert_with(|| value.clone());
                }
                serde_json::Value::Object(map)
            }
        }

        impl $crate::model::record::Item for $name {
            const KIND: $crate::model::record::Kind =
                $crate::model::record::Kind::Record(<$name as $crate::model::record::Record>::section);

            fn read(node: &$crate::syntax::Node) -> Option<Self> {
                <Self as $crate::model::record::Record>::read(node)
            }

            fn write(&self) -> serde_json::Value {
                <Self as $crate::model::record::Record>::to_json(self)
            }

            fn placeholder() -> Option<Self> {
                Some(Self::default())
            }
        }
    };
}

pub(super) use record;
