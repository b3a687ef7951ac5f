//! What the data's columns are: the dataset as it is stored, and the verdicts about presence and type.

use contract::{DataType, Dataset, Scope, Severity};
use engine::probe::{Facts, Stored};
use pipeline::{Outcome, Verdict};
use serde_json::json;

use super::Opened;
use super::pass::PassOutcome;

/// Files that a reason names.
const FILES_SHOWN: usize = 3;

/// The dataset with each column's type as it is stored, so that checks need no conversion. A column that is not there
/// keeps its own type: it reads as NULL in every row.
pub(super) fn as_stored(dataset: &Dataset, facts: &Facts) -> Dataset {
    let mut stored = dataset.clone();
    for (column, found) in stored.columns.iter_mut().zip(&facts.columns) {
        let Some(types) = found.as_ref().and_then(|found| found.types.as_ref()) else { continue };
        column.data_type = types.data_type.clone().unwrap_or(DataType::String);
        column.format = None;
    }
    stored
}

/// Presence of every column, and its type where the contract says one.
pub(super) fn verdicts(opened: &Opened<'_>, outcome: &PassOutcome) -> Vec<Verdict> {
    let seen = opened.data.seen();
    let mut verdicts = Vec::new();
    for (at, column) in opened.target.dataset.columns.iter().enumerate() {
        let found = opened.data.facts().columns.get(at).and_then(Option::as_ref);
        // Records that name their own fields tell only when they have been read; without records nothing is told.
        let never = outcome.rows > 0 && seen.as_ref().is_some_and(|seen| !seen.get(at).copied().unwrap_or(true));
        let found = found.filter(|_| !never);
        verdicts.push(presence(column.name.as_str(), &column.source_name, found, never));
        let stored = found.and_then(|found| found.types.as_ref()?.data_type.as_ref());
        if let Some(stored) = stored {
            inside(&column.name, &column.data_type, stored, &mut verdicts);
        }
        verdicts.push(type_verdict(opened, at, found, outcome));
    }
    verdicts.extend(outcome.records());
    verdicts
}

fn presence(name: &str, source_name: &str, found: Option<&Stored>, never: bool) -> Verdict {
    let mut verdict = structural(name, "present", "the column is there".to_owned(), Scope::Dataset);
    match found {
        None => {
            verdict.outcome = Outcome::Failed;
            verdict.violations = 1;
            verdict.reason = Some(match never {
                true => format!("no record has the field {source_name}"),
                false => format!("the data has no column {source_name}"),
            });
        }
        Some(found) if !found.missing_in.is_empty() => {
            verdict.reason = Some(format!("not in {}", listed(&found.missing_in)));
        }
        Some(_) => {}
    }
    verdict
}

/// Fields inside a column whose storage says which there are.
fn inside(path: &str, declared: &DataType, stored: &DataType, verdicts: &mut Vec<Verdict>) {
    match (declared, stored) {
        (DataType::List(declared), DataType::List(stored)) => inside(&format!("{path}[]"), declared, stored, verdicts),
        (DataType::Struct(fields), DataType::Struct(there)) => {
            for field in fields {
                let path = format!("{path}.{}", field.name);
                let mut verdict = structural(&path, "present", "the field is there".to_owned(), Scope::Dataset);
                let found = there.iter().find(|found| found.name.eq_ignore_ascii_case(&field.name));
                if found.is_none() {
                    verdict.outcome = Outcome::Failed;
                    verdict.violations = 1;
                    verdict.reason = Some(format!("the data has no field {path}"));
                }
                verdicts.push(verdict);
                if let Some(found) = found {
                    inside(&path, &field.data_type, &found.data_type, verdicts);
                }
            }
        }
        _ => {}
    }
}

fn type_verdict(opened: &Opened<'_>, at: usize, found: Option<&Stored>, outcome: &PassOutcome) -> Verdict {
    let Some(column) = opened.target.dataset.columns.get(at) else {
        return structural("", "type", String::new(), Scope::Dataset);
    };
    let declared = opened.target.declared.get(&column.name);
    let types = found.and_then(|found| found.types.as_ref());
    let expected = declared.map_or_else(|| column.data_type.to_string(), |declared| declared.words());
    // A missing column is a fact about the data as a whole, and so is how it is stored.
    let scope = if found.is_none() || types.is_some() { Scope::Dataset } else { Scope::Row };
    let mut verdict = structural(&column.name, "type", expected, scope);
    let broken = outcome.types.get(at);
    let failed = |verdict: &mut Verdict, violations: u64, reason: String| {
        verdict.outcome = Outcome::Failed;
        verdict.violations = violations;
        verdict.reason = Some(reason);
    };
    if found.is_none() {
        failed(&mut verdict, 1, "the column is missing".to_owned());
        return verdict;
    }
    let Some(types) = types else {
        // A text format: each value either is of the type or is not.
        if let Some(broken) = broken.filter(|broken| broken.count > 0) {
            let reason = broken.reasons.first().cloned().unwrap_or_default();
            failed(&mut verdict, broken.count, format!("{} of {} rows: {reason}", broken.count, outcome.rows));
            verdict.ratio = broken.count as f64 / outcome.rows.max(1) as f64;
            verdict.samples = broken.samples.clone();
        }
        return verdict;
    };
    verdict.samples = Vec::new();
    let Some(declared) = declared else {
        verdict.outcome = Outcome::NotChecked;
        verdict.reason = Some(format!("the contract says no type that is known; the data has {}", types.shown));
        return verdict;
    };
    let by_name = types.sql.as_deref().and_then(|sql| declared.broken_by_sql(sql));
    let different = match &types.data_type {
        _ if by_name.is_some() => by_name.flatten(),
        None => Some(format!("it is stored as {}", types.shown)),
        Some(stored) => declared.broken_by(stored),
    };
    if let Some(reason) = different {
        failed(&mut verdict, 1, reason);
    } else if let Some((file, shown)) = types.differs_in.first() {
        failed(
            &mut verdict,
            types.differs_in.len() as u64,
            format!("{file} stores it as {shown}, other files as {}", types.shown),
        );
    } else if let Some(broken) = broken.filter(|broken| broken.count > 0) {
        failed(&mut verdict, broken.count, broken.reasons.first().cloned().unwrap_or_default());
        verdict.samples = broken.samples.clone();
    }
    verdict
}

/// A passed verdict about a column's structure.
pub(super) fn structural(column: &str, word: &str, expected: String, scope: Scope) -> Verdict {
    Verdict {
        id: format!("{column}.{word}"),
        kind: word.to_owned(),
        scope,
        element: Some(column.to_owned()),
        severity: Severity::Error,
        outcome: Outcome::Passed,
        violations: 0,
        value: None,
        ratio: 0.0,
        expected,
        reason: None,
        threshold: None,
        samples: Vec::new(),
    }
}

/// Rows of whole records that are none, by kind: they have no column to belong to.
pub(super) fn record_verdict(
    id: &str,
    count: u64,
    rows: u64,
    reason: &str,
    samples: Vec<serde_json::Value>,
) -> Verdict {
    let expected = match id {
        "record.encoding" => "every record is text in the file's encoding",
        "record.length" => "no record is too long",
        _ => "every record has the columns of its file",
    };
    let mut verdict = structural("record", "shape", expected.to_owned(), Scope::Row);
    verdict.id = id.to_owned();
    verdict.kind = "record".to_owned();
    verdict.element = None;
    verdict.outcome = Outcome::Failed;
    verdict.violations = count;
    verdict.ratio = count as f64 / rows.max(1) as f64;
    verdict.reason = Some(format!("{count} of {rows} records: {reason}"));
    verdict.samples = if samples.is_empty() { vec![json!({})] } else { samples };
    verdict
}

fn listed(files: &[String]) -> String {
    let mut text = files.iter().take(FILES_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if files.len() > FILES_SHOWN {
        text.push_str(&format!(" and {} more", files.len() - FILES_SHOWN));
    }
    text
}
