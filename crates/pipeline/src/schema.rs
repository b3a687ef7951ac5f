//! JSON Schemas of `plimsoll.toml` and `pipelines/*.yaml`, for editors. Keys and words come from the readers themselves.

use serde_json::{Map, Value, json};

use crate::privacy::Level;
use crate::read::words;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Of `plimsoll.toml`.
pub fn settings() -> Value {
    let properties = |key: &str| match key {
        "name" => text("The project's name."),
        "warehouse" => text("Where the tables are: a path relative to the project, or a URL (file://, s3://)."),
        "ledger" => json!({
            "type": "string", "pattern": "^(sqlite|postgres|postgresql):",
            "description": "sqlite:<path> or postgres://user@host/database."
        }),
        "concurrency" => json!({
            "type": "integer", "minimum": 1, "maximum": words::CONCURRENCY_MAX, "description": "Stages that run at once."
        }),
        "memory" => json!({
            "anyOf": [{ "type": "integer", "minimum": words::MEMORY_MIN }, { "type": "string", "pattern": SIZE }],
            "description": "How much the engine may hold before it spills, for example 512 MiB."
        }),
        "threshold" => share("Share of refused rows above which a stage is held."),
        "openlineage" => closed(&words::OPENLINEAGE, openlineage, &[]),
        "privacy" => closed(&words::PRIVACY, privacy, &[]),
        "environment" => words(
            words::environments(),
            "Whether a name without a signature can decide where no allowed signers are named; default: it cannot.",
        ),
        "changes" => closed(&words::CHANGES, changes, &[]),
        "gates" => closed(&words::GATES, gates, &[]),
        _ => json!({
            "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] },
            "description": "Options of the object store by name; values may be ${ENV} references."
        }),
    };
    document("Settings of a Plimsoll project", closed(&words::SETTINGS, properties, &[]))
}

/// Of `pipelines/<pipeline>.yaml`.
pub fn pipeline() -> Value {
    let properties = |key: &str| match key {
        "pipeline" => text("The pipeline's name; default: the file's."),
        "schedule" => json!({
            "type": "string", "pattern": r"^\s*(@[a-zA-Z]+|\S+(\s+\S+){4})\s*$",
            "description": "When it is to run, in UTC: five fields of a cron pattern, as in 15 * * * *, or a word such as @daily."
        }),
        _ => json!({
            "type": "object", "additionalProperties": { "anyOf": [dataset(), { "type": "null" }] },
            "description": "Datasets by name."
        }),
    };
    document("A Plimsoll pipeline", closed(&words::PIPELINE, properties, &["datasets"]))
}

fn openlineage(key: &str) -> Value {
    match key {
        "namespace" => text("Of the jobs; default: the project's name."),
        "file" => text("Events are appended to this file, one a line; relative to the project."),
        "url" => text("Events are posted to this address; may hold ${ENV} references."),
        "key" => text("A bearer token for the address; may hold ${ENV} references."),
        _ => json!({
            "type": "string", "pattern": DURATION,
            "description": "How long one answer may take, and how long the end of a run waits for what is not delivered yet."
        }),
    }
}

fn privacy(key: &str) -> Value {
    let levels: Vec<&str> = Level::ALL.into_iter().map(Level::word).collect();
    let map = |about: &str| json!({ "type": "object", "additionalProperties": { "enum": levels.clone() }, "description": about });
    let one =
        |name: &str| json!({ "type": "object", "required": [name], "properties": { name: { "type": "string" } } });
    match key {
        "classes" => map("Words of `classification` and the levels that they mean."),
        "tags" => map("Tags and the levels that they mean; others mean nothing."),
        "floor" => json!({
            "enum": levels, "description": "From this level on no value flows into a column of a lower one; default confidential."
        }),
        "small_groups" => json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "least": { "type": "integer", "minimum": 2 },
                "then": { "enum": ["allow", "warn", "refuse"] },
            },
            "description": "What is said of datasets whose groups are made by a protected column."
        }),
        "exemptions" => json!({
            "type": "array", "description": "Columns that may hold what they should not, for a while.",
            "items": {
                "type": "object", "additionalProperties": false, "required": ["column", "who", "why", "until"],
                "properties": {
                    "column": text("DATASET.COLUMN"), "who": text("Who granted it."), "why": text("Why."),
                    "until": json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
                },
            }
        }),
        "key" => text("The id of the key that values are protected with now; default: the only one."),
        _ => json!({
            "type": "object", "additionalProperties": { "oneOf": [one("env"), one("file"), one("command")] },
            "description": "Where the keys come from, by id."
        }),
    }
}

const SIZE: &str = "^\\s*[0-9.]+\\s*([KMGTkmgt]i?)?[Bb]?\\s*$";
const DURATION: &str = "^\\s*[0-9.]+\\s*(ms|s|m|min|h|d)\\s*$";

fn changes(key: &str) -> Value {
    match key {
        "approvers" => json!({
            "type": ["array", "string"], "items": { "type": "string" },
            "description": "Who may approve changes of contracts, besides those whom the contracts name."
        }),
        "allowed_signers" => text("A file of OpenSSH's allowed signers; then approvals need a signature."),
        "unapproved" => words(words::unapproved(), "What a contract means that is not the pinned one."),
        _ => json!({
            "type": "integer", "minimum": 1, "maximum": words::APPROVALS_MAX, "description": "How many must approve."
        }),
    }
}

fn gates(key: &str) -> Value {
    let names =
        |about: &str| json!({ "type": ["array", "string"], "items": { "type": "string" }, "description": about });
    let time = |about: &str| json!({ "type": "string", "pattern": DURATION, "description": about });
    match key {
        "approvers" => {
            names("Who may decide on gates, besides those whom the contracts name; default: as for changes.")
        }
        "approvals" => json!({
            "type": "integer", "minimum": 1, "maximum": words::APPROVALS_MAX, "description": "How many must approve."
        }),
        "allowed_signers" => text("A file of OpenSSH's allowed signers; then decisions need a signature."),
        "escalate_after" => time("When those of `escalate_to` may decide as well; default 24h."),
        "escalate_to" => names("Who may decide as well when nobody has for a while."),
        "expires_after" => time("When a gate can no longer be decided and its stage runs again; default 30d."),
        _ => closed(&words::GATE_KIND, gates, &[]),
    }
}

fn dataset() -> Value {
    let properties = |key: &str| match key {
        "contract" => text("The contract's dataset; default: the dataset's own name."),
        "source" => source(),
        "model" => text("The file with the SELECT; default models/<dataset>.sql when there is no source."),
        "incremental" => closed(
            &words::INCREMENTAL,
            |_| text("The input that is narrowed to what is new; others are read whole."),
            &["from"],
        ),
        "table" => table(),
        "retry" => closed(&words::RETRY, retry, &[]),
        _ => closed(&words::VIOLATION, on_violation, &[]),
    };
    let mut dataset = closed(&words::DATASET, properties, &[]);
    dataset["not"] = json!({ "required": ["source", "model"] });
    dataset
}

fn on_violation(key: &str) -> Value {
    match key {
        "rows" => words(words::rows(), "Whether refused rows become dead letters, or one of them fails the stage."),
        "above" => share("Share of refused rows above which the stage is held or fails."),
        _ => words(
            words::then(),
            "Whether a result above it, or whose dataset check failed, waits for a person or fails.",
        ),
    }
}

fn source() -> Value {
    let properties = |key: &str| match key {
        "files" => text("A glob relative to the project, or a URL with one; .gz is unpacked."),
        "format" => words(words::formats(), "Default: from the files' ending."),
        "vanished" => words(
            words::vanished(),
            "When files that were read are gone: read nothing more until they are back, or keep their rows and go on.",
        ),
        "null_values" => json!({
            "type": ["array", "string"], "items": { "type": ["string", "number", "boolean", "null"] },
            "description": "Texts that mean NULL when they stand unquoted."
        }),
        "delimiter" | "quote" => json!({ "type": ["string", "integer"], "description": "One ASCII character." }),
        "header" => json!({ "type": "boolean", "description": "Whether the first record names the columns." }),
        _ => words(words::encodings(), "How the text is encoded."),
    };
    closed(&words::SOURCE, properties, &["files"])
}

fn table() -> Value {
    let properties = |key: &str| match key {
        "write" => words(
            words::writes(),
            "How new rows meet the rows that are there; default: sources append, models overwrite.",
        ),
        "key" => json!({
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }],
            "description": "Columns by which merged rows replace each other."
        }),
        "column_mapping" => json!({
            "type": "boolean",
            "description": "Whether files know a column by a name that never changes, so that the table's log alone renames or drops it. Readers then need version 2 of Delta's reader protocol."
        }),
        "keep_previous" => json!({
            "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "description": "The last day on which a version that a breaking migration replaced is kept as a table of its own."
        }),
        _ => json!({ "type": "array", "minItems": 1, "items": { "anyOf": partitions() } }),
    };
    closed(&words::TABLE, properties, &[])
}

fn partitions() -> Vec<Value> {
    let mut kinds = vec![text("The column itself.")];
    for transform in words::TRANSFORMS {
        let column = text("The column.");
        kinds.push(match transform {
            "bucket" => {
                let count = json!({ "type": "integer", "minimum": words::BUCKETS_MIN, "maximum": words::BUCKETS_MAX });
                closed(
                    &["bucket", "count"],
                    |key| if key == "count" { count.clone() } else { column.clone() },
                    &["bucket", "count"],
                )
            }
            "range" => {
                let at = json!({ "type": "array", "items": { "type": "integer" }, "minItems": 1, "uniqueItems": true });
                closed(&["range", "at"], |key| if key == "at" { at.clone() } else { column.clone() }, &["range", "at"])
            }
            _ => closed(&[transform], |_| column.clone(), &[transform]),
        });
    }
    kinds
}

fn retry(key: &str) -> Value {
    match key {
        "attempts" => json!({ "type": "integer", "minimum": 1, "maximum": words::ATTEMPTS_MAX }),
        _ => json!({ "type": "string", "pattern": DURATION }),
    }
}

fn document(title: &str, mut schema: Value) -> Value {
    schema["$schema"] = json!(DRAFT);
    schema["title"] = json!(title);
    schema
}

/// An object with these keys and no others.
fn closed(keys: &[&str], property: impl Fn(&str) -> Value, required: &[&str]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), property(key))).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "description": description })
}

fn words(words: Vec<&'static str>, description: &str) -> Value {
    json!({ "enum": words, "description": description })
}

fn share(description: &str) -> Value {
    json!({
        "anyOf": [
            { "type": "number", "minimum": 0, "maximum": 1 },
            { "type": "string", "pattern": "^\\s*[0-9.]+\\s*%\\s*$" }
        ],
        "description": description
    })
}

#[cfg(test)]
mod tests;
