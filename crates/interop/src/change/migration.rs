//! What has to happen to tables and to those who read and write, in words, from the differences of a contract.

use contract::diff::{Change, Report, Verdict, in_words};

/// Steps in the order in which they are done, each a sentence. Nothing for changes that only describe.
pub fn migration(report: &Report) -> Vec<String> {
    let mut steps: Vec<(u8, String)> = report.changes.iter().filter_map(step).collect();
    steps.sort();
    steps.dedup();
    steps.into_iter().map(|(_, step)| step).collect()
}

/// Tables first, then the rows that are there, then people.
fn step(change: &Change) -> Option<(u8, String)> {
    let (element, what) = in_words(change);
    // A protection is one of the column's settings; the step is about the column.
    let is_kept = matches!(change.kind, "protection-changed" | "declassification-changed" | "encryption-changed");
    let element = match element.split_once(".customProperties.") {
        Some((of, _)) if is_kept => of.to_owned(),
        _ => element,
    };
    let name = format!("`{}`", element.replace('`', "'"));
    let what = format!("`{}`", what.replace('`', "'"));
    let is_felt = change.consumer.max(change.producer) != Verdict::Safe;
    let breaks_readers = change.consumer == Verdict::Breaking;
    Some(match change.kind {
        "dataset-added" => (0, format!("Create the table of {name}; nothing has to be moved.")),
        "dataset-removed" => {
            (2, format!("Keep the table of {name} readable until its readers have moved, then drop it."))
        }
        "dataset-renamed" => {
            (0, format!("Give the table of {name} its new name, and keep the old one as a view while readers move."))
        }
        "property-added" if change.producer == Verdict::Breaking => {
            (0, format!("Add the column {name} and fill it for the rows that are there: it is required."))
        }
        "property-added" => (0, format!("Add the column {name}; in the rows that are there it is NULL.")),
        "property-removed" => (
            2,
            format!(
                "Stop reading {name} everywhere, then drop the column; its values are lost to new versions of the table."
            ),
        ),
        "property-renamed" => {
            let old = change.rename_of.as_deref().unwrap_or_default().replace('`', "'");
            match change.is_inside_a_column() {
                true => (
                    1,
                    format!(
                        "Stop reading `{old}`, which is now {name}: fields inside a column are found by their names, so its values are \
                         lost to new versions of the table, and {name} is NULL in the rows that are there."
                    ),
                ),
                false => (
                    0,
                    format!(
                        "Rename the column `{old}` to {name}: all files are rewritten, unless the table has `column_mapping`; readers use \
                         the new name."
                    ),
                ),
            }
        }
        "type-widened" => (0, format!("Widen {name} ({what}); rows that are there stay as they are.")),
        "type-narrowed" | "type-changed" | "physical-type-changed" | "time-zone-changed" | "format-changed"
            if is_felt =>
        {
            (1, format!("Rewrite {name} ({what}), and look first for rows whose value does not fit."))
        }
        "required-changed" if change.producer == Verdict::Breaking => {
            (1, format!("Find the rows where {name} is NULL and repair them: the contract now requires a value."))
        }
        "primary-key-changed" | "unique-changed" if is_felt => {
            (1, format!("Find rows that share the new key of {name}, and set the key of the table accordingly."))
        }
        "partitioning-changed" => (1, format!("Rewrite the table with the new partitioning of {name}.")),
        "protection-changed" if change.new.is_none() => (
            1,
            format!(
                "Build the table of {name} anew from its inputs, and look at who may read it in the clear ({what})."
            ),
        ),
        "protection-changed" => (
            1,
            format!(
                "Build the table of {name} anew with the protection ({what}), and all that takes it over; then remove the older \
                 versions of these tables, which hold the values as they were."
            ),
        ),
        "encryption-changed" if change.element.contains(".customProperties.") => {
            let older = "remove the older versions of it, which are as they were";
            (
                1,
                format!(
                    "Build the table of {name} anew ({what}), give the key to whoever reads its files, and {older}."
                ),
            )
        }
        "classification-changed" | "declassification-changed" | "encryption-changed" => {
            (2, format!("Look at who may read {name}, and at what derives from it ({what})."))
        }
        kind if change.producer == Verdict::Breaking
            && (kind.contains("tightened")
                || kind.starts_with("rule-")
                || kind.contains("constraint")
                || kind == "enum-changed") =>
        {
            (
                1,
                format!(
                    "Check the rows that are there against {name} ({what}): those that no longer conform go to the dead letters."
                ),
            )
        }
        "physical-name-changed" => {
            let of = element.strip_suffix(".physicalName").unwrap_or(&element).replace('`', "'");
            match change.new.as_ref().and_then(serde_json::Value::as_str) {
                Some(now) => {
                    let now = now.replace('`', "'");
                    (0, format!("Read `{of}` from the source as `{now}` from now on; nothing in the tables changes."))
                }
                None => {
                    (0, format!("Read `{of}` from the source by its own name again; nothing in the tables changes."))
                }
            }
        }
        "version-raised" | "description-changed" => return None,
        _ if breaks_readers => {
            (2, format!("Tell those who read about {name} ({what}): {}.", change.reason.trim_end_matches('.')))
        }
        _ if is_felt => {
            (3, format!("Tell those who write about {name} ({what}): {}.", change.reason.trim_end_matches('.')))
        }
        _ => return None,
    })
}
