//! The contract as a whole.

use serde_json::Value as Json;

use super::Version::{self, V3_0_1, V3_1_0, V3_2_0};
use super::record::{Item, Kind, Record, TextForm, Word, field, record};
use super::{
    AuthoritativeDefinition, CustomProperty, Price, Role, SchemaObject, Server, SlaProperty, SupportChannel, TeamBlock,
};
use crate::codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::{self, Node};

record! {
    /// What the data is for.
    pub struct Description = "a description", None;
    /// What the data is meant for.
    purpose: Option<String> = field("purpose");
    /// What it cannot be used for.
    limitations: Option<String> = field("limitations");
    /// How to use it.
    usage: Option<String> = field("usage");
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions").since(V3_0_1);
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_0_1);
}

record! {
    /// A question with its verified answer.
    pub struct VerifiedStatement = "a verified statement", Some(V3_2_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_2_0);
    /// The question.
    question: Option<String> = field("question").since(V3_2_0).required();
    /// The verified answer.
    answer: Option<String> = field("answer").since(V3_2_0);
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions").since(V3_2_0);
    /// Words to find it by.
    tags: Vec<String> = field("tags").since(V3_2_0);
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_2_0);
}

record! {
    /// What an agent must not do.
    pub struct Constraint = "a constraint", Some(V3_2_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_2_0);
    /// The prohibition.
    constraint: Option<String> = field("constraint").since(V3_2_0).required();
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions").since(V3_2_0);
    /// Words to find it by.
    tags: Vec<String> = field("tags").since(V3_2_0);
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_2_0);
}

record! {
    /// Guidance for agents.
    pub struct Context = "a context", Some(V3_2_0);
    /// How to use the data, addressed to an agent.
    instructions: Option<String> = field("instructions").since(V3_2_0);
    /// Questions and verified answers.
    verified_statements: Vec<VerifiedStatement> = field("verifiedStatements").since(V3_2_0);
    /// What an agent must not do.
    constraints: Vec<Constraint> = field("constraints").since(V3_2_0);
}

/// Guidance as one text or in parts.
#[derive(Debug, Clone, PartialEq)]
pub enum ContextBlock {
    Text(String),
    Parts(Box<Context>),
}

impl Item for ContextBlock {
    const KIND: Kind = Kind::Either(&[Kind::Text, Context::KIND]);

    fn read(node: &Node) -> Option<Self> {
        match node.as_str() {
            Some(text) => Some(Self::Text(text.to_owned())),
            None => Item::read(node).map(Self::Parts),
        }
    }

    fn write(&self) -> Json {
        match self {
            Self::Text(text) => Json::String(text.clone()),
            Self::Parts(context) => context.to_json(),
        }
    }
}

record! {
    /// A data contract of the Open Data Contract Standard.
    pub struct Document = "a contract", Some(Version::V3_0_0);
    /// The version of the standard, for example v3.2.0.
    api_version: Option<String> = field("apiVersion").required();
    /// Always `DataContract`.
    kind: Option<String> = field("kind").required().words(&[Word("DataContract", Version::V3_0_0)]);
    /// The contract's identifier, unique everywhere.
    id: Option<String> = field("id").required();
    /// Name of the contract.
    name: Option<String> = field("name");
    /// Version of the contract, a semantic version.
    version: Option<String> = field("version").required();
    /// For example proposed, draft, active, deprecated, retired.
    status: Option<String> = field("status").required_until(V3_1_0);
    /// The organisation that the data belongs to.
    tenant: Option<String> = field("tenant");
    /// The logical domain of the data.
    domain: Option<String> = field("domain");
    /// The data product that the data belongs to.
    data_product: Option<String> = field("dataProduct").deprecated("name");
    /// What the data is for.
    description: Option<Box<Description>> = field("description");
    /// Words to find it by.
    tags: Vec<String> = field("tags");
    /// Guidance for agents.
    context: Option<ContextBlock> = field("context").since(V3_2_0);
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions").since(V3_0_1);
    /// Where the datasets are.
    servers: Vec<Server> = field("servers");
    /// The datasets.
    schema: Vec<SchemaObject> = field("schema");
    /// Where users get help.
    support: Vec<SupportChannel> = field("support");
    /// What the data costs.
    price: Option<Price> = field("price");
    /// Who keeps the contract.
    team: Option<TeamBlock> = field("team");
    /// Roles that give access.
    roles: Vec<Role> = field("roles");
    /// The element of service levels that name none.
    sla_default_element: Option<String> = field("slaDefaultElement").deprecated("each service level's own element");
    /// Service levels.
    sla_properties: Vec<SlaProperty> = field("slaProperties");
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties");
    /// When the contract was written, in UTC.
    contract_created_ts: Option<String> = field("contractCreatedTs").form(TextForm::DateTime);
}

/// A contract and the text that it was read from, so that findings can point at their place.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    pub document: Document,
    /// The version that the file declares.
    pub version: Version,
    tree: Node,
}

impl Contract {
    /// Reads a contract from YAML or JSON. The diagnostics are those of reading alone: see `lint` for the rest.
    /// There is no contract when the text is broken, is not a map, or declares a version that is not v3.0.0 to v3.2.0.
    pub fn read(text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let syntax::Parsed { root, mut diagnostics } = syntax::parse(text);
        let Some(tree) = root else { return (None, diagnostics) };
        if !tree.is_map() {
            let message = format!("a contract is a map of fields, this is {}", tree.describe());
            diagnostics.push(codes::NOT_A_CONTRACT.at(tree.span, message));
            return (None, diagnostics);
        }
        let version = match declared_version(&tree) {
            Ok(version) => version,
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                return (None, diagnostics);
            }
        };
        let document = <Document as Record>::read(&tree).unwrap_or_default();
        (Some(Self { document, version, tree }), diagnostics)
    }

    /// The document as it was read, with the place of every key and value.
    pub fn tree(&self) -> &Node {
        &self.tree
    }

    /// The place of an element, for example `schema[0].properties[1].name`, or of its nearest ancestor.
    pub fn span_of(&self, element: &str) -> Span {
        self.tree.span_of(element)
    }

    /// The contract's own version as the file writes it, also where the file forgot the quotes: `1.0`.
    pub fn version_text(&self) -> String {
        let node = self.tree.get("version").and_then(Node::scalar);
        node.map(|scalar| scalar.text.clone()).unwrap_or_default()
    }

    pub fn to_json(&self) -> Json {
        self.document.to_json()
    }

    /// The contract in the standard's order of fields. Comments of the file that it was read from are not kept.
    pub fn to_yaml(&self) -> String {
        syntax::emit_yaml(&self.to_json())
    }
}

/// A missing `apiVersion` is linted as a missing field, and read as the latest version.
fn declared_version(tree: &Node) -> Result<Version, Box<Diagnostic>> {
    let Some(node) = tree.get("apiVersion") else { return without_version(tree) };
    let Some(text) = node.as_str() else { return Ok(Version::LATEST) };
    Version::parse(text).ok_or_else(|| {
        let message = format!("version {text:?} of the standard is not supported");
        let help = if text.starts_with("v2") || text.starts_with('2') {
            "migrate the contract to v3.1.0 or later: `dataset` is now `schema`, `columns` are `properties`, \
             `uuid` is `id`; see the standard's migration guide"
        } else {
            "use one of v3.0.0, v3.0.1, v3.0.2, v3.1.0, v3.2.0"
        };
        Box::new(codes::VERSION_UNSUPPORTED.at(node.span, message).with_help(help).with_element("apiVersion"))
    })
}

fn without_version(tree: &Node) -> Result<Version, Box<Diagnostic>> {
    if ["dataset", "uuid", "datasetName", "quantumName"].iter().any(|field| tree.get(field).is_some()) {
        let message = "this is a contract of version 2 of the standard, which is not supported";
        let help =
            "migrate it to v3.1.0 or later: `dataset` is now `schema`, `columns` are `properties`, `uuid` is `id`";
        return Err(Box::new(codes::VERSION_UNSUPPORTED.at(tree.span, message).with_help(help)));
    }
    let older = tree.get("dataContractSpecification").or_else(|| tree.get("info").and(tree.get("models")));
    if let Some(node) = older {
        let message = "this is a contract of the Data Contract Specification, not of the Open Data Contract Standard";
        return Err(Box::new(codes::NOT_A_CONTRACT.at(node.span, message).with_help("import it first")));
    }
    Ok(Version::LATEST)
}
