//! A new contract to begin with: it is valid, and its comments say what to fill in.

use serde_json::{Value as Json, json};

use crate::syntax::emit_yaml;

/// A commented contract for these datasets, as YAML of the newest version of the standard.
pub fn starter(id: &str, datasets: &[&str]) -> String {
    let mut text = String::from(HEAD);
    text.push_str(&emit_yaml(&json!({
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": id,
        "name": id,
        "version": "0.1.0",
        "status": "draft",
    })));
    text.push_str(DESCRIPTION);
    if !datasets.is_empty() {
        text.push_str("\nschema:\n");
    }
    for dataset in datasets {
        text.push_str(&DATASET.replace("{name}", emit_yaml(&Json::from(*dataset)).trim_end()));
    }
    text.push_str(TAIL);
    text
}

const HEAD: &str = "\
# A data contract of the Open Data Contract Standard.
# Raise `version` with every change: major when it breaks consumers, minor when it adds, patch otherwise.
";

const DESCRIPTION: &str = "
description:
  purpose: What the data is for.
  # limitations: What it must not be used for.
  # usage: How it is meant to be used.
";

const DATASET: &str = "  - name: {name} # the name that SQL and pipelines use
    physicalType: table
    description: What one row stands for.
    properties:
      - name: id
        logicalType: integer
        primaryKey: true # unique and never NULL
        primaryKeyPosition: 1
        description: What identifies a row.
      - name: name
        logicalType: string
        required: true # never NULL
        logicalTypeOptions:
          maxLength: 200
      - name: updated_at
        logicalType: timestamp
        logicalTypeOptions:
          timezone: true
      # - name: state
      #   logicalType: string
      #   enum: # the only values allowed
      #     - value: open
      #     - value: closed
    quality:
      - id: not_empty
        type: library
        metric: rowCount
        mustBeGreaterThan: 0
      # - id: plausible_dates
      #   type: custom
      #   engine: plimsoll # a condition on each row; a row that breaks it is refused
      #   implementation: updated_at > created_at
";

const TAIL: &str = "
# slaProperties:
#   - property: latency # the newest row is never older than this
#     value: 1
#     unit: d
#     element: dataset.updated_at
#
# team:
#   members:
#     - username: you@example.com
#       role: owner
";

#[cfg(test)]
mod tests;
