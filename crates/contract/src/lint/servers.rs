//! Servers: the fields of their type, and addresses that are ones.

use super::findings::Findings;
use super::shape::{join, level_of_unknown};
use super::suggest::nearest;
use super::variables;
use crate::codes;
use crate::model::record::Record;
use crate::model::{SERVER_TYPES, Server, ServerType, Version};
use crate::syntax::Node;

/// What every server may have.
const COMMON: &[&str] = &["id", "server", "type", "description", "environment", "roles", "customProperties"];

/// Fields that a type needed up to a version: type, field, another name that v3.0.0 and v3.0.1 gave it, the last version.
const ONCE_REQUIRED: &[(&str, &str, &str, Version)] = &[("athena", "stagingDir", "staging_dir", Version::V3_1_0)];

/// Fields whose value is an address, by the types that say so.
const ADDRESSES: &[(&str, &[&str])] = &[
    ("location", &["api", "azure", "custom", "glue", "s3", "sftp"]),
    ("endpointUrl", &["s3", "custom"]),
    ("stagingDir", &["athena"]),
    ("catalogUrl", &["iceberg"]),
];

/// Looks at one server; `shape` calls this for each that it meets.
pub(super) fn check(node: &Node, path: &str, version: Version, findings: &mut Findings<'_>) {
    let Some(name) = node.get("type").and_then(Node::as_str) else { return };
    if variables::has(name) {
        return variables::tell(node.get("type").unwrap_or(node), &join(path, "type"), findings);
    }
    let Some(server) = SERVER_TYPES.iter().find(|server| server.name == name) else {
        return unknown_type(name, path, version, findings);
    };
    let mut walk = Walk { node, path, server, version, findings };
    walk.since();
    walk.required();
    walk.foreign();
    walk.port();
    walk.schema();
    walk.addresses();
    if version < Version::V3_1_0 && ["azure", "s3", "sftp"].contains(&name) {
        walk.file_words();
    }
}

fn unknown_type(name: &str, path: &str, version: Version, findings: &mut Findings<'_>) {
    let known = SERVER_TYPES.iter().filter(|server| server.since <= version).map(|server| server.name);
    let help = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "use `custom` for a server that the standard does not know".to_owned(),
    };
    findings.add(codes::UNKNOWN_WORD, &join(path, "type"), format!("a server cannot be of type {name:?}")).help(help);
}

struct Walk<'a, 'b, 'c> {
    node: &'a Node,
    path: &'a str,
    server: &'static ServerType,
    version: Version,
    findings: &'b mut Findings<'c>,
}

impl Walk<'_, '_, '_> {
    fn since(&mut self) {
        if self.server.since > self.version {
            let message = format!("servers of type `{}` came with {}", self.server.name, self.server.since);
            let help = format!("raise `apiVersion` to {} or later", self.server.since);
            self.findings.add(codes::FIELD_TOO_NEW, &join(self.path, "type"), message).help(help);
        }
    }

    fn required(&mut self) {
        let name = self.server.name;
        let mut missing: Vec<&str> =
            self.server.required.iter().copied().filter(|field| self.node.get(field).is_none()).collect();
        for (of, field, older, until) in ONCE_REQUIRED {
            let older = self.version <= Version::V3_0_1 && self.node.get(older).is_some();
            if *of == name && self.version <= *until && self.node.get(field).is_none() && !older {
                missing.push(field);
            }
        }
        for field in missing {
            let message = format!("a server of type {name} needs the field `{field}`");
            self.findings.add(codes::SERVER_FIELD, self.path, message).help(format!("add `{field}`"));
        }
    }

    fn foreign(&mut self) {
        for entry in self.node.entries() {
            let key = entry.key.as_str();
            let own = self.server.required.iter().chain(self.server.optional).any(|field| *field == key);
            if own || COMMON.contains(&key) || Server::section().field(key).is_none() {
                continue;
            }
            let level = level_of_unknown(Server::section(), self.version);
            let message = format!("a server of type {} has no field `{key}`", self.server.name);
            self.findings
                .add_at(codes::SERVER_FIELD, entry.key_span, &join(self.path, key), message)
                .level(level)
                .help("remove it, or keep the value under `customProperties`");
        }
    }

    /// Until v3.0.2 the forms of files were closed lists.
    fn file_words(&mut self) {
        let lists: [(&str, &[&str]); 2] =
            [("format", &["parquet", "delta", "json", "csv"]), ("delimiter", &["new_line", "array"])];
        for (field, words) in lists {
            let Some(text) = self.node.get(field).and_then(Node::as_str) else { continue };
            if !words.contains(&text) && !variables::has(text) {
                let message = format!("`{field}` cannot be {text:?} in {}", self.version);
                let help = format!("use one of {}", words.join(", "));
                self.findings.add(codes::UNKNOWN_WORD, &join(self.path, field), message).help(help);
            }
        }
    }

    fn has_field(&self, field: &str) -> bool {
        self.server.required.contains(&field) || self.server.optional.contains(&field)
    }

    fn port(&mut self) {
        let Some(port) = self.node.get("port").filter(|_| self.has_field("port")) else { return };
        let element = join(self.path, "port");
        let text_allowed = self.version >= Version::V3_2_0 && port.as_str().is_some();
        if variables::stands_for_a_value(port) {
            return variables::tell(port, &element, self.findings);
        }
        match port.as_i64() {
            Some(number) if !(1..=65_535).contains(&number) => {
                let message = format!("{number} is no port");
                self.findings.add(codes::SERVER_VALUE, &element, message).help("a port is a number from 1 to 65535");
            }
            None if !text_allowed => {
                let message = format!("`port` must be a whole number, this is {}", port.describe());
                self.findings.add(codes::WRONG_TYPE, &element, message);
            }
            _ => {}
        }
    }

    /// DuckDB's schema was a number until v3.0.2; everywhere else it is a name.
    fn schema(&mut self) {
        let Some(schema) = self.node.get("schema").filter(|_| self.has_field("schema")) else { return };
        let number = self.server.name == "duckdb" && self.version < Version::V3_1_0;
        let fits = if number { schema.as_i64().is_some() } else { schema.as_str().is_some() };
        if fits || variables::stands_for_a_value(schema) {
            return;
        }
        let expected = if number { "a whole number" } else { "text" };
        let message = format!("`schema` must be {expected}, this is {}", schema.describe());
        let added = self.findings.add(codes::WRONG_TYPE, &join(self.path, "schema"), message);
        added.help(if number { "raise `apiVersion` to v3.1.0, where it is a name" } else { "put the value in quotes" });
    }

    fn addresses(&mut self) {
        let fields = ADDRESSES.iter().filter(|(_, types)| types.contains(&self.server.name)).map(|(field, _)| *field);
        for field in fields {
            let Some(text) = self.node.get(field).and_then(Node::as_str) else { continue };
            if text.starts_with("${") && variables::has(text) {
                continue;
            }
            let element = join(self.path, field);
            if !is_address(text) {
                let message = format!("{text:?} is not an address");
                let help = "write it with its scheme, for example s3://bucket/folder or https://host/path";
                self.findings.add(codes::BAD_ADDRESS, &element, message).help(help);
            } else if self.server.name == "sftp" && !text.starts_with("sftp://") {
                let message = format!("{text:?} is not an address of an SFTP server");
                self.findings.add(codes::BAD_ADDRESS, &element, message).help("begin it with sftp://");
            }
        }
    }
}

/// A scheme, a colon, and something without white space. Placeholders such as `{model}` may stand in it.
fn is_address(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        let word = |character: char| character.is_alphanumeric() || matches!(character, '_' | '+' | '-' | '.');
        !scheme.is_empty() && scheme.chars().all(word) && !rest.is_empty() && !text.contains(char::is_whitespace)
    })
}
