//! Form: what is read, what is written, and what archiving makes of it.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const SPEC: &str = "\
---
owner: ada
---
# orders Specification

## Purpose
One row per order, published under a versioned data contract that readers rely on.

## Requirements

### Requirement: Data contract orders 2.0.0
The pipeline SHALL check every row.

```yaml contract
contract: urn:shop:orders
file: orders.odcs.yaml
version: 2.0.0
sha256: 58a0c1384146c124a866b775660422fe8e1cc97e48a2b3152ea8b0abd0e51eab
```

#### Scenario: A row breaks the contract
- **WHEN** an amount is missing
- **THEN** the row is refused

### Requirement: Times ###
The pipeline MUST keep instants.

```text
### Requirement: not one
## Requirements

#### Scenario: not one either
```

#### Scenario: Midnight
- **WHEN** it is 2400
- **THEN** it is the next day

## Notes

Kept as they are.
";

#[test]
fn a_spec_is_read_and_written_as_it_is() {
    let spec = Spec::parse(SPEC);
    let names: Vec<&str> = spec.requirements.iter().map(|requirement| requirement.name.as_str()).collect();
    assert_eq!(names, ["Data contract orders 2.0.0", "Times"]);
    assert_eq!(spec.purpose().unwrap().split(' ').next(), Some("One"));
    assert_eq!(spec.requirements[1].scenarios().len(), 1);
    assert_eq!(spec.requirements[0].line, 11);
    assert_eq!(spec.write(), SPEC);
    assert_eq!(check_spec(SPEC), []);
    let windows = format!("\u{feff}{}", SPEC.replace('\n', "\r\n"));
    assert_eq!(Spec::parse(&windows), spec);
}

#[test]
fn pins_are_found_and_replaced() {
    let spec = Spec::parse(SPEC);
    let (found, wrong) = pins(&spec.requirements);
    assert_eq!((found.len(), wrong.len()), (1, 0));
    let new = Pin { version: "3.0.0".into(), supersedes: Some("a".repeat(64)), ..found[0].pin.clone() };
    let body = with_pin(&spec.requirements[0].body, &new).unwrap();
    assert!(
        body.contains("version: 3.0.0") && body.contains("supersedes: aaaa") && body.contains("#### Scenario"),
        "{body}"
    );
    assert_eq!(pins(&[Requirement::new("x", body)]).0[0].pin, new);
}

#[test]
fn broken_pins_are_told() {
    let cases = [
        ("contract: a\nfile: b\nversion: 1", "`sha256` is missing"),
        ("contract: a\nfile: ../b\nversion: 1\nsha256: 00", "not the path"),
        ("contract: a\nfile: b\nversion: 1\nsha256: 00", "no sha256"),
        ("- a\n- b", "not a map"),
        ("contract: [", ""),
    ];
    for (text, says) in cases {
        let body = format!("It SHALL.\n\n```yaml contract\n{text}\n```");
        let (found, wrong) = pins(&[Requirement::new("x", body)]);
        assert!(found.is_empty() && wrong.len() == 1 && wrong[0].message.contains(says), "{text}: {wrong:?}");
    }
}

#[test]
fn deltas_are_applied_in_their_order_and_only_once() {
    let delta = Delta {
        renamed: vec![Rename { from: "Data contract orders 2.0.0".into(), to: "Data contract orders 3.0.0".into() }],
        modified: vec![Requirement::new(
            "Data contract orders 3.0.0",
            "It SHALL.\n\n#### Scenario: A row breaks the contract\n- **WHEN** a\n- **THEN** b",
        )],
        removed: vec![Removed { name: "Times".into(), body: "**Reason**: gone".into() }],
        added: vec![Requirement::new("New", "It MUST.\n\n#### Scenario: s\n- **WHEN** a")],
        purpose: None,
    };
    let spec = Spec::parse(SPEC);
    let once = merge(Some(&spec), "orders", "c", &delta).unwrap();
    let names: Vec<&str> = once.requirements.iter().map(|requirement| requirement.name.as_str()).collect();
    assert_eq!(names, ["Data contract orders 3.0.0", "New"]);
    assert_eq!(merge(Some(&once), "orders", "c", &delta).unwrap(), once);
    assert_eq!(Delta::parse(&delta.write()), (delta, vec![]));
}

#[test]
fn what_would_lose_something_is_refused() {
    let spec = Spec::parse(SPEC);
    let says = |delta: Delta, text: &str| {
        let refused = merge(Some(&spec), "orders", "c", &delta).unwrap_err();
        assert!(refused.iter().any(|found| found.message.contains(text)), "{refused:?}");
    };
    let rename = |from: &str, to: &str| vec![Rename { from: from.into(), to: to.into() }];
    says(Delta { renamed: rename("Data contract orders 1.0.0", "x"), ..Delta::default() }, "to rename");
    says(Delta { renamed: rename("Times", "Data contract orders 2.0.0"), ..Delta::default() }, "already");
    says(Delta { modified: vec![Requirement::new("Nobody", "It SHALL.")], ..Delta::default() }, "to modify");
    says(Delta { modified: vec![Requirement::new("Times", "It SHALL.")], ..Delta::default() }, "would be lost");
    says(Delta { added: vec![Requirement::new("Times", "It SHALL.")], ..Delta::default() }, "already");
    let new =
        merge(None, "x", "c", &Delta { modified: vec![Requirement::new("Times", "It SHALL.")], ..Delta::default() });
    assert!(new.unwrap_err()[0].message.contains("does not exist yet"));
}

#[test]
fn hostile_deltas_are_told_and_do_not_end_the_reading() {
    let cases = [
        ("", "changes nothing"),
        ("## ADDED Requirements\n", "nothing under"),
        ("## RENAMED Requirements\n- FROM: `### Requirement: a`\n", "no `TO:`"),
        ("## RENAMED Requirements\n- TO: `### Requirement: a`\n", "no `FROM:`"),
        ("### Requirement: a\nIt SHALL.\n\n#### Scenario: s\n- x\n", "outside of the delta"),
        ("## ADDED Requirements\n### Requirement: a\nIt SHALL.\n", "no scenario"),
        ("## ADDED Requirements\n### Requirement: a\nIt shall.\n#### s\n- x\n", "neither SHALL nor MUST"),
        ("## ADDED Requirements\n### Requirement: a\nSHALL\n#### s\n", "is empty"),
        (
            "## ADDED Requirements\n### Requirement: a\nSHALL\n#### s\nx\n### Requirement: a\nSHALL\n#### s\nx\n",
            "already",
        ),
        (
            "## ADDED Requirements\n### Requirement: a\nSHALL\n#### s\nx\n## REMOVED Requirements\n### Requirement: a\n",
            "under ADDED and REMOVED",
        ),
        ("## ADDED Requirements\n```\n### Requirement: a\nSHALL\n#### s\nx\n", "nothing under"),
    ];
    for (text, says) in cases {
        let (_, found) = check_delta(text);
        assert!(found.iter().any(|found| found.message.contains(says)), "{text:?}: {found:?}");
    }
}

#[test]
fn removals_and_renames_are_read_in_all_their_spellings() {
    let text = "## removed requirements\n* `### Requirement: one`\n### Requirement: two ##\n**Reason**: r\n\n## RENAMED Requirements\nFROM: ### Requirement: a\n+ TO: `### Requirement: b`\n";
    let (delta, found) = Delta::parse(text);
    assert_eq!(found, []);
    assert_eq!(delta.removed.iter().map(|gone| gone.name.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(delta.removed[1].body, "**Reason**: r");
    assert_eq!(delta.renamed, [Rename { from: "a".into(), to: "b".into() }]);
}

#[test]
fn a_ticked_box_is_no_edit() {
    let text = "# Tasks\n\n## 1. One\n\n- [x] 1.1 a [x] b\n- [ ] 1.2 c\n```\n- [x] fenced\n```\n";
    assert_eq!(Tasks::unticked(text), text.replacen("[x]", "[ ]", 1));
    let tasks = Tasks::parse(text);
    assert_eq!((tasks.count(), tasks.groups[0].tasks[0].text.as_str()), ((1, 2), "a [x] b"));
    assert_eq!(check_tasks("- one\n- two\n").len(), 1);
}

/// Lines as people and adversaries write them: headings, fences, pins, and text.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("```".to_owned()),
        Just("~~~~ yaml contract".to_owned()),
        Just("```yaml contract".to_owned()),
        Just("## Requirements".to_owned()),
        Just("## ADDED Requirements".to_owned()),
        Just("## RENAMED Requirements".to_owned()),
        Just("### Requirement: a".to_owned()),
        Just("### Requirement:".to_owned()),
        Just("#### Scenario: s".to_owned()),
        Just("- FROM: `### Requirement: a`".to_owned()),
        Just("- TO: `### Requirement: b`".to_owned()),
        Just("- [x] 1.1 done".to_owned()),
        Just("\u{feff}\r".to_owned()),
        "[ -~äß—#`*]{0,30}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..40).prop_map(|lines| lines.join("\n"))
}

/// A name or a sentence: printable, with something in it.
fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9äöü][ -~äöü]{0,20}[A-Za-z0-9]".prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn requirement() -> impl Strategy<Value = Requirement> {
    (word(), word(), word()).prop_map(|(name, text, scenario)| {
        Requirement::new(
            name,
            format!("It SHALL hold: {text}\n\n#### Scenario: {scenario}\n- **WHEN** {text}\n- **THEN** it holds"),
        )
    })
}

proptest! {
    #[test]
    fn any_text_is_read_and_what_was_read_is_written_the_same(text in text()) {
        let spec = Spec::parse(&text);
        let written = spec.write();
        prop_assert_eq!(Spec::parse(&written).write(), written);
        let (delta, _) = check_delta(&text);
        let _ = merge(Some(&spec), "c", "c", &delta);
        let _ = (check_spec(&text), check_tasks(&text), pins(&spec.requirements), Proposal::parse(&text));
        let unticked = Tasks::unticked(&text);
        prop_assert_eq!(Tasks::parse(&unticked).count().0, 0);
        prop_assert_eq!(Tasks::unticked(&unticked), unticked);
    }

    #[test]
    fn what_is_written_is_read_the_same(
        requirements in prop::collection::vec(requirement(), 1..5), purpose in word(), tail in word()
    ) {
        let mut spec = Spec::new("x", &purpose);
        spec.requirements = requirements.clone();
        spec.after = format!("## Notes\n\n{tail}");
        prop_assert_eq!(&Spec::parse(&spec.write()), &spec);
        let names = requirements.iter().map(|r| r.name.clone());
        let delta = Delta {
            purpose: Some(purpose.clone()),
            renamed: names.clone().map(|name| Rename { to: format!("{name} 2"), from: name }).collect(),
            removed: names.map(|name| Removed { name, body: format!("**Reason**: {tail}") }).collect(),
            modified: requirements.clone(),
            added: requirements,
        };
        prop_assert_eq!(Delta::parse(&delta.write()), (delta, vec![]));
        let proposal = Proposal { title: purpose.clone(), sections: vec![("Why".into(), tail.clone()), ("Impact".into(), purpose.clone())] };
        prop_assert_eq!(&Proposal::parse(&proposal.write()), &proposal);
        let task = Task { text: format!("Do {tail}"), done: true };
        let tasks = Tasks { groups: vec![Group { title: format!("Do {purpose}"), tasks: vec![task] }] };
        prop_assert_eq!(Tasks::parse(&tasks.write()), tasks);
    }

    #[test]
    fn pins_are_read_as_written(contract in "[ -~ä]{1,30}", file in "[a-z][a-zA-Z0-9 :#-]{0,12}", version in "[ -~]{1,12}", a in "[0-9a-f]{64}", b in prop::option::of("[0-9a-f]{64}")) {
        let pin = Pin { contract, file, version, sha256: a, supersedes: b };
        prop_assume!(!pin.contract.trim().is_empty());
        let (found, wrong) = pins(&[Requirement::new("x", format!("It SHALL.\n\n{}\n", pin.block()))]);
        prop_assert_eq!(wrong, vec![]);
        prop_assert_eq!(&found[0].pin, &pin);
        let metadata = Metadata { goal: Some(pin.contract.clone()), author: Some(pin.version.clone()), skip_specs: true, ..Metadata::default() };
        prop_assert_eq!(Metadata::parse(&metadata.write()), (metadata, vec![]));
    }
}

#[test]
fn bases_are_put_into_what_a_change_says_about_itself_and_nothing_else_moves() {
    let base =
        |requirement: &str| Base { capability: "a/b".into(), requirement: requirement.into(), sha256: "00".into() };
    let text =
        "# mine\nschema: spec-driven\nbases:\n  - spec: x\n    requirement: y\n    sha256: z\naffected_areas: [all]\n";
    let bases = [base("Orders: counted"), base("- odd")];
    let written = with_bases(text, &bases);
    assert!(written.starts_with("# mine\nschema: spec-driven\naffected_areas: [all]\nbases:\n"), "{written}");
    assert_eq!(Metadata::parse(&written).0.bases, bases);
    assert_eq!(with_bases(&written, &bases), written);
    assert_eq!(Metadata::parse(&with_bases("", &bases)).0.bases, bases);
    let metadata = Metadata { bases: bases.to_vec(), ..Metadata::default() };
    assert_eq!(Metadata::parse(&metadata.write()).0, metadata);
}
