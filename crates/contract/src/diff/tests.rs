//! Cases of changes: what each means to those who read and those who write.
#![allow(clippy::unwrap_used, clippy::panic)]

mod cases;
mod meaning;
mod plain;

use super::{Bump, Mode, Report, Source, report};
use crate::model::Contract;

/// A contract with these columns, and these sections behind them.
fn contract(columns: &str, more: &str) -> String {
    format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: orders\nversion: 1.0.0\nstatus: active\n{more}schema:\n- name: orders\n  properties:\n{}",
        indented(columns)
    )
}

fn indented(columns: &str) -> String {
    columns.lines().map(|line| format!("  {line}\n")).collect()
}

fn read(text: &str) -> Contract {
    let (contract, findings) = Contract::read(text);
    contract.unwrap_or_else(|| panic!("{findings:?}\n{text}"))
}

fn compare(old: &str, new: &str, mode: Option<Mode>) -> Report {
    let (old, new) = (read(old), read(new));
    report(&[Source { path: "old.yaml", contract: &old }], Source { path: "new.yaml", contract: &new }, mode)
}

/// `kind consumer/producer` of each change, those of the version left out.
fn words(report: &Report) -> Vec<String> {
    let felt = |change: &&super::Change| change.element != "version";
    let line =
        |change: &super::Change| format!("{} {}/{}", change.kind, change.consumer.word(), change.producer.word());
    report.changes.iter().filter(felt).map(line).collect()
}

#[test]
fn the_version_must_move_as_the_changes_ask() {
    let at = |version: &str, column: &str| contract(column, "").replace("1.0.0", version);
    let id = "- {name: id, logicalType: integer}";
    for (version, column, needed, enough) in [
        ("1.0.0", id, Bump::None, true),
        ("1.0.0", "- {name: id, logicalType: integer, description: The id}", Bump::Patch, false),
        ("1.0.1", "- {name: id, logicalType: integer, description: The id}", Bump::Patch, true),
        ("1.0.1", "- {name: id, logicalType: integer}\n- {name: b, logicalType: string}", Bump::Minor, false),
        ("1.1.0", "- {name: id, logicalType: integer}\n- {name: b, logicalType: string}", Bump::Minor, true),
        ("1.9.9", "- {name: id, logicalType: string}", Bump::Major, false),
        ("2.0.0", "- {name: id, logicalType: string}", Bump::Major, true),
        ("0.9.0", id, Bump::None, false),
    ] {
        let report = compare(&at("1.0.0", id), &at(version, column), None);
        assert_eq!((report.version.needed, report.version.enough), (needed, enough), "{version} {column}");
    }
}

#[test]
fn both_places_are_named() {
    let old = contract("- name: id\n  logicalType: integer", "");
    let new = contract("- name: a\n  logicalType: date\n- name: id\n  logicalType: string", "");
    let report = compare(&old, &new, None);
    let changed = report.changes.iter().find(|change| change.kind == "type-changed").unwrap();
    let place = |place: &Option<super::Place>| place.as_ref().map(|at| (at.path.clone(), at.line, at.column)).unwrap();
    assert_eq!(place(&changed.old_place), ("old.yaml".to_owned(), 10, 18));
    assert_eq!(place(&changed.new_place), ("new.yaml".to_owned(), 12, 18));
}

#[test]
fn a_transitive_mode_asks_all_older_versions() {
    let first = read(&contract("- {name: a, logicalType: string, required: true}", ""));
    let second = read(&contract("- {name: a, logicalType: string}", ""));
    let third = read(&contract("- {name: a, logicalType: string, description: x}", ""));
    let olds = [Source { path: "1", contract: &first }, Source { path: "2", contract: &second }];
    let new = Source { path: "3", contract: &third };
    assert!(report(&olds, new, Some(Mode::Forward)).compatible);
    let all = report(&olds, new, Some(Mode::ForwardTransitive));
    assert!(!all.compatible);
    assert_eq!(all.changes[0].since.as_deref(), Some("1"));
}
