//! Secrets in plain text: a contract is read by many and kept in a repository.

use std::sync::LazyLock;

use regex::Regex;

use super::Scope;
use super::findings::Findings;
use super::shape::join;
use super::variables;
use crate::codes;
use crate::syntax::{Kind, Node};

/// Names under which secrets are kept, in lower case without `_` and `-`.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "secret",
    "secretkey",
    "clientsecret",
    "apikey",
    "accesskey",
    "secretaccesskey",
    "accesstoken",
    "authtoken",
    "bearertoken",
    "token",
    "privatekey",
    "credentials",
    "connectionstring",
    "saskey",
    "sastoken",
    "accountkey",
];

/// How well-known secrets look: keys of AWS, Google, GitHub, Slack and Stripe, private keys, JSON web tokens, addresses with a password.
static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let forms = [
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        r"\bAIza[0-9A-Za-z_-]{35}\b",
        r"\bgh[pousr]_[0-9A-Za-z]{36}",
        r"\bgithub_pat_[0-9A-Za-z_]{40}",
        r"\bxox[abprs]-[0-9A-Za-z-]{10}",
        r"\b[sr]k_live_[0-9A-Za-z]{16}",
        r"\bdapi[0-9a-f]{32}\b",
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
        r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}",
        r"(?i)\b(?:AccountKey|SharedAccessKey|Password|Pwd)=[^;\s$<{*]{4,}",
        r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]+:[^/\s:@${}<>*]{3,}@[^/\s]+",
    ];
    Regex::new(&forms.join("|")).ok()
});

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    for section in ["servers", "customProperties", "description", "support", "roles", "team", "slaProperties"] {
        if let Some(node) = scope.contract.tree().get(section) {
            walk(node, section, findings);
        }
    }
    if let Some(schema) = scope.contract.tree().get("schema") {
        settings(schema, "schema", findings);
    }
}

/// Within the schema, names such as `password` are columns: only settings and quality rules are looked at.
fn settings(node: &Node, path: &str, findings: &mut Findings<'_>) {
    for entry in node.entries() {
        let path = join(path, &entry.key);
        match entry.key.as_str() {
            "customProperties" | "quality" => walk(&entry.value, &path, findings),
            "name" | "examples" | "enum" | "tags" | "logicalTypeOptions" => {}
            _ if matches!(entry.value.kind, Kind::Scalar(_)) => {}
            _ => settings(&entry.value, &path, findings),
        }
    }
    for (index, item) in node.items().iter().enumerate() {
        settings(item, &format!("{path}[{index}]"), findings);
    }
}

fn walk(node: &Node, path: &str, findings: &mut Findings<'_>) {
    // A custom property holds its name and its value apart.
    if let Some(name) = node.get("property").and_then(Node::as_str)
        && let Some(value) = node.get("value").and_then(Node::as_str)
        && is_secret_name(name)
        && is_plain(value)
    {
        return tell(name, value, &join(path, "value"), findings);
    }
    for entry in node.entries() {
        let path = join(path, &entry.key);
        match entry.value.as_str() {
            Some(text) if is_secret_name(&entry.key) && is_plain(text) => tell(&entry.key, text, &path, findings),
            Some(text) if has_secret_form(text) => tell("this text", text, &path, findings),
            Some(_) => {}
            None => walk(&entry.value, &path, findings),
        }
    }
    for (index, item) in node.items().iter().enumerate() {
        walk(item, &format!("{path}[{index}]"), findings);
    }
}

fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(|letter| !matches!(letter, '_' | '-' | '.' | ' ')).collect();
    NAMES.contains(&name.to_ascii_lowercase().as_str())
}

/// Not a variable, not a reference to a store of secrets, not a placeholder.
fn is_plain(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let reference = [
        "vault:", "secret:", "secrets/", "env:", "env.", "arn:", "op://", "ssm:", "{{", "<", "$", "%", "*", "xxx",
        "http",
    ];
    !(lower.len() < 4
        || lower.contains(char::is_whitespace)
        || variables::has(text)
        || reference.iter().any(|start| lower.starts_with(start))
        || lower.contains("vault")
        || lower.contains("secret"))
}

fn has_secret_form(text: &str) -> bool {
    FORMS.as_ref().is_some_and(|forms| forms.is_match(text))
}

/// The secret itself is not repeated.
fn tell(name: &str, secret: &str, element: &str, findings: &mut Findings<'_>) {
    let what = if name == "this text" { "this text holds".to_owned() } else { format!("`{name}` is") };
    let message = format!("{what} a secret in plain text ({} characters)", secret.trim().chars().count());
    let help =
        "take it out, use a variable such as ${DB_PASSWORD} instead, and change the secret: it is in the history";
    findings.add(codes::SECRET, element, message).help(help);
}
