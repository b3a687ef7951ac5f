//! Changes from survey to judgement, on trees as values and on the sample of OpenSpec's own form.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::openspec::{Folder, SPECS, Tree};

fn contract(version: &str, properties: &str) -> String {
    format!(
        "apiVersion: v3.1.0\nkind: DataContract\nid: urn:shop:orders\nname: orders\nversion: {version}\nstatus: active\n\
         schema:\n  - name: orders\n    logicalType: object\n    properties:\n{properties}"
    )
}

const ID: &str =
    "      - { name: id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1 }\n";
const PLACED: &str = "      - { name: placed_at, logicalType: timestamp }\n";

/// A tree with the contract `orders`, pinned.
fn tree() -> Tree {
    let mut tree = Tree::default();
    let draft = propose(&tree, "add-orders", &contract("1.0.0", &format!("{ID}{PLACED}")));
    put(&mut tree, &draft);
    apply(&mut tree, "add-orders");
    tree
}

fn propose(tree: &Tree, id: &str, text: &str) -> Draft {
    let new = NewContract { path: "orders.odcs.yaml", text, capability: None };
    let proposed = survey(tree, &[new]).unwrap();
    draft(tree, &request(id), &proposed)
}

fn request(id: &str) -> Request<'_> {
    Request { id, author: "ada", day: "2026-11-25", why: None, impact: BTreeMap::new() }
}

fn put(tree: &mut Tree, draft: &Draft) {
    tree.files.extend(draft.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
}

fn folder(tree: &Tree, id: &str) -> Folder {
    tree.changes().into_iter().chain(tree.archived()).find(|folder| folder.id == id).unwrap()
}

/// As the caller does: writes, then moves the folder into the archive.
fn apply(tree: &mut Tree, id: &str) {
    let judged = judge(tree, &folder(tree, id));
    assert!(judged.is_valid(), "{:#?}", judged.findings);
    write(tree, judged.writes);
    archive(tree, id);
}

fn write(tree: &mut Tree, writes: Vec<Write>) {
    for write in writes {
        match write.bytes {
            Some(bytes) => tree.files.insert(write.path, bytes),
            None => tree.files.remove(&write.path),
        };
    }
}

fn archive(tree: &mut Tree, id: &str) {
    let from = format!("openspec/changes/{id}/");
    let moved: Vec<String> = tree.files.keys().filter(|path| path.starts_with(&from)).cloned().collect();
    for path in moved {
        let bytes = tree.files.remove(&path).unwrap();
        tree.files.insert(path.replace(&from, &format!("openspec/changes/archive/2026-11-25-{id}/")), bytes);
    }
}

fn codes(found: &[contract::Diagnostic]) -> Vec<&str> {
    found.iter().map(|found| found.code).collect()
}

fn checked(tree: &Tree) -> Vec<contract::Diagnostic> {
    check(tree, &mut || tree.clone())
}

#[test]
fn a_change_is_written_judged_and_applied() {
    let mut tree = tree();
    assert_eq!(checked(&tree), []);
    let renamed = format!("{ID}      - {{ name: placed_at_utc, logicalType: timestamp }}\n");
    let draft = propose(&tree, "rename-placed", &contract("1.0.0", &renamed));
    let contract = &draft.files["openspec/changes/rename-placed/specs/orders/orders.odcs.yaml"];
    assert!(contract.contains("version: 2.0.0"), "a breaking change raises the version: {contract}");
    let proposal = &draft.files["openspec/changes/rename-placed/proposal.md"];
    for word in
        ["**BREAKING** `orders.odcs.yaml` data contract 1.0.0 -> 2.0.0", "placed_at_utc", "## Migration", "## Rollback"]
    {
        assert!(proposal.contains(word), "{word} is not in\n{proposal}");
    }
    put(&mut tree, &draft);
    let judged = judge(&tree, &folder(&tree, "rename-placed"));
    assert_eq!(judged.findings, []);
    assert!(judged.is_breaking());
    let before = judged.digest.clone();
    apply(&mut tree, "rename-placed");
    assert_eq!(checked(&tree), []);
    assert!(tree.text("openspec/specs/orders/spec.md").unwrap().contains("Data contract orders 2.0.0"));
    assert!(tree.text("openspec/specs/orders/orders.odcs.yaml").unwrap().contains("placed_at_utc"));
    assert_eq!(digest(&folder(&tree, "rename-placed")), before, "archiving is no edit");
}

/// A class that is raised, a protection and an encrypted table are no descriptions: they break readers, and there is work to do.
#[test]
fn a_protected_column_needs_a_major_version_and_has_its_steps() {
    let tree = tree();
    let setting = |name: &str, value: &str| {
        format!("customProperties: [{{ property: {name}, vendor: plimsoll, value: {value} }}]")
    };
    let day = setting("protection", "{ method: generalise, to: day }");
    let placed = format!("      - {{ name: placed_at, logicalType: timestamp, classification: personal, {day} }}\n");
    let text = contract("1.1.0", &format!("{ID}{placed}"))
        .replace("v3.1.0", "v3.2.0")
        .replace("    properties:", &format!("    {}\n    properties:", setting("encryption", "parquet")));
    let new = NewContract { path: "orders.odcs.yaml", text: &text, capability: None };
    let proposed = survey(&tree, &[new]).unwrap();
    assert_eq!(proposed[0].raised_from.as_deref(), Some("1.1.0"));
    assert_eq!(proposed[0].new.version.as_str(), "2.0.0");
    let draft = draft(&tree, &request("protect-orders"), &proposed);
    let texts: String = draft.files.values().map(String::as_str).collect();
    for step in [
        "Build the table of `orders` anew (`added parquet`)",
        "Build the table of `orders.placed_at` anew with the protection (`added generalise (to day)`)",
        "Look at who may read `orders.placed_at.classification`",
    ] {
        assert!(texts.contains(step), "{step}:\n{texts}");
    }
}

/// A rename promises no more than what happens to the rows that are there.
#[test]
fn a_renamed_column_and_a_renamed_field_say_what_they_cost() {
    let column = |name: &str, read: &str, field: &str| {
        let field = format!("{{ id: f, name: {field}, logicalType: string }}");
        let column = format!("{{ id: c, name: {name}{read}, logicalType: object, properties: [{field}] }}");
        contract("1.0.0", &format!("{ID}      - {column}\n"))
    };
    let mut tree = Tree::default();
    let draft = propose(&tree, "add-orders", &column("place", "", "zip"));
    put(&mut tree, &draft);
    apply(&mut tree, "add-orders");
    let steps = |text: String| {
        let new = NewContract { path: "orders.odcs.yaml", text: &text, capability: None };
        migration(survey(&tree, &[new]).unwrap()[0].report.as_ref().unwrap())
    };
    assert_eq!(
        steps(column("land", ", physicalName: place", "zip")),
        [
            "Rename the column `place` to `orders.land`: all files are rewritten, unless the table has `column_mapping`; readers use the \
             new name.",
        ]
    );
    assert_eq!(
        steps(column("place", ", physicalName: land", "zip")),
        ["Read `orders.place` from the source as `land` from now on; nothing in the tables changes."]
    );
    assert_eq!(
        steps(column("place", "", "post_code")),
        [
            "Stop reading `zip`, which is now `orders.place.post_code`: fields inside a column are found by their names, so its values \
             are lost to new versions of the table, and `orders.place.post_code` is NULL in the rows that are there."
        ]
    );
}

#[test]
fn the_second_of_two_changes_of_one_contract_is_refused() {
    let mut tree = tree();
    let first = propose(
        &tree,
        "first",
        &contract("1.1.0", &format!("{ID}{PLACED}      - {{ name: a, logicalType: string }}\n")),
    );
    let second = propose(
        &tree,
        "second",
        &contract("1.1.0", &format!("{ID}{PLACED}      - {{ name: b, logicalType: string }}\n")),
    );
    put(&mut tree, &first);
    put(&mut tree, &second);
    let judged = judge(&tree, &folder(&tree, "second"));
    assert_eq!(codes(&judged.findings), ["PL425"], "both are open: {:#?}", judged.findings);
    apply(&mut tree, "first");
    let judged = judge(&tree, &folder(&tree, "second"));
    assert_eq!(codes(&judged.findings), ["PL421"], "{:#?}", judged.findings);
    let third = propose(
        &tree,
        "second",
        &contract("1.2.0", &format!("{ID}{PLACED}      - {{ name: b, logicalType: string }}\n")),
    );
    assert!(
        third.files["openspec/changes/second/specs/orders/orders.odcs.yaml"].contains("version: 2.0.0"),
        "a is taken away"
    );
}

#[test]
fn every_edit_of_a_change_gives_another_digest_but_ticking_does_not() {
    let mut tree = tree();
    let draft = propose(&tree, "c", &contract("1.0.0", ID));
    put(&mut tree, &draft);
    let before = folder(&tree, "c");
    for file in before.files.keys() {
        let mut edited = before.clone();
        edited.files.get_mut(file).unwrap().extend(b"\n- [ ] more");
        assert_ne!(digest(&edited), digest(&before), "{file}");
        let mut gone = before.clone();
        gone.files.remove(file);
        assert_ne!(digest(&gone), digest(&before), "{file}");
    }
    let mut ticked = before.clone();
    let tasks = ticked.text("tasks.md").unwrap().replace("[ ]", "[x]");
    ticked.files.insert("tasks.md".into(), tasks.into_bytes());
    ticked.files.insert("approval.yaml".into(), b"by: me".to_vec());
    ticked.files.insert("before/specs/orders/spec.md".into(), b"x".to_vec());
    assert_eq!(digest(&ticked), digest(&before));
}

#[test]
fn edits_behind_the_pin_are_found() {
    let mut tree = tree();
    let path = format!("{SPECS}/orders/orders.odcs.yaml");
    let text = tree.text(&path).unwrap().to_owned();
    tree.files.insert(path.clone(), text.replace("timestamp", "string").into_bytes());
    assert_eq!(codes(&checked(&tree)), ["PL411"]);
    let mut pinned = tree.clone();
    pinned.files.insert(path.clone(), text.clone().into_bytes());
    put(&mut tree, &propose(&pinned, "c", &contract("1.0.0", ID)));
    let judged = judge(&tree, &folder(&tree, "c"));
    assert_eq!(codes(&judged.findings), ["PL411"], "nobody knows what it would overwrite: {:#?}", judged.findings);
    tree.files.remove(&path);
    assert_eq!(codes(&checked(&tree)), ["PL414"], "the archive has it, so it can be put in its place");
    tree.files.retain(|path, _| !path.contains("/archive/"));
    assert_eq!(codes(&checked(&tree)), ["PL413"]);
}

#[test]
fn what_another_tool_archived_is_found_and_promoted() {
    let mut tree = tree();
    let draft = propose(&tree, "c", &contract("1.0.0", ID));
    put(&mut tree, &draft);
    let folder_before = folder(&tree, "c");
    // OpenSpec's archive merges the spec and moves the folder, and knows nothing of contracts.
    let judged = judge(&tree, &folder_before);
    write(&mut tree, judged.writes.into_iter().filter(|write| write.path.ends_with("spec.md")).collect());
    archive(&mut tree, "c");
    let found = checked(&tree);
    assert_eq!(codes(&found), ["PL414"]);
    assert_eq!(found[0].help.as_deref(), Some("plimsoll change apply c"));
    let judged = judge(&tree, &folder(&tree, "c"));
    assert_eq!(judged.findings, []);
    assert_eq!(judged.writes.len(), 1, "{:?}", judged.writes);
    write(&mut tree, judged.writes);
    assert_eq!(checked(&tree), []);
}

#[test]
fn a_retired_capability_takes_its_contract_with_it() {
    let mut tree = tree();
    let delta = "# Spec Delta\n\n## REMOVED Requirements\n\n### Requirement: Data contract orders 1.0.0\n**Reason**: nobody reads it\n";
    tree.files.insert("openspec/changes/retire/specs/orders/spec.md".into(), delta.into());
    assert_eq!(codes(&judge(&tree, &folder(&tree, "retire")).findings), ["PL403"], "it must be said in so many words");
    tree.files.insert("openspec/changes/retire/.openspec.yaml".into(), "retire_capabilities: true\n".into());
    let judged = judge(&tree, &folder(&tree, "retire"));
    assert!(judged.is_valid() && judged.is_breaking(), "{:#?}", judged.findings);
    let mut half = tree.clone();
    apply(&mut tree, "retire");
    assert_eq!(tree.files.keys().filter(|path| path.starts_with(SPECS)).count(), 0);
    // Another tool removes the spec only.
    half.files.remove("openspec/specs/orders/spec.md");
    archive(&mut half, "retire");
    assert_eq!(codes(&checked(&half)), ["PL416"]);
}

/// Taken away from one capability and brought into another: what it loses on the way is shown, and the version must move.
#[test]
fn a_contract_that_moves_is_compared_with_itself() {
    let tree = tree();
    let moved = |text: &str| {
        let mut tree = tree.clone();
        let delta = "# Spec Delta\n\n## REMOVED Requirements\n\n### Requirement: Data contract orders 1.0.0\n**Reason**: it moves\n";
        let other = propose(&Tree::default(), "move", text);
        for (path, text) in &other.files {
            let path = path.replace("specs/orders/", "specs/sales/");
            tree.files.insert(path, text.clone().into_bytes());
        }
        tree.files.insert("openspec/changes/move/specs/orders/spec.md".into(), delta.into());
        tree.files.insert("openspec/changes/move/.openspec.yaml".into(), "retire_capabilities: true\n".into());
        tree
    };
    let less = moved(&contract("1.0.0", ID));
    let judged = judge(&less, &folder(&less, "move"));
    assert_eq!(codes(&judged.findings), ["PL424"], "{:#?}", judged.findings);
    let raised = moved(&contract("2.0.0", ID));
    let judged = judge(&raised, &folder(&raised, "move"));
    assert_eq!(judged.findings, []);
    let [gone, new] = judged.contracts.as_slice() else { unreachable!("{:?}", judged.contracts) };
    assert_eq!(gone.moved.as_deref(), Some("openspec/specs/sales/orders.odcs.yaml"));
    assert_eq!(new.old, gone.old);
    let kinds: Vec<&str> = new.report.iter().flat_map(|report| &report.changes).map(|change| change.kind).collect();
    assert!(kinds.contains(&"property-removed"), "{kinds:?}");
    assert!(judged.is_breaking());
    // Under another id, its dataset still says which it is.
    let renamed = moved(&contract("2.0.0", ID).replace("urn:shop:orders", "urn:sales:orders"));
    let judged = judge(&renamed, &folder(&renamed, "move"));
    assert!(judged.contracts[1].report.is_some() && judged.is_breaking(), "{:#?}", judged.contracts);
    // After it was applied, what was there before lies beside it.
    let mut applied = raised.clone();
    let before = applied.files["openspec/specs/orders/orders.odcs.yaml"].clone();
    apply(&mut applied, "move");
    let kept = "openspec/changes/archive/2026-11-25-move/before/openspec/specs/orders/orders.odcs.yaml";
    applied.files.insert(kept.into(), before);
    let judged = judge(&applied, &folder(&applied, "move"));
    assert_eq!(judged.contracts.iter().filter(|one| one.report.is_some()).count(), 1, "{:#?}", judged.contracts);
    assert!(judged.is_breaking());
    // One that only moves breaks nobody.
    let mut same = moved(&contract("1.0.0", &format!("{ID}{PLACED}")));
    let judged = judge(&same, &folder(&same, "move"));
    assert_eq!((judged.findings.as_slice(), judged.is_breaking()), ([].as_slice(), false), "{:#?}", judged.contracts);
    apply(&mut same, "move");
    assert_eq!(checked(&same), []);
    assert_eq!(same.contracts(), ["openspec/specs/sales/orders.odcs.yaml"]);
}

#[test]
fn a_change_that_does_not_bring_what_it_pins_is_refused() {
    let mut tree = tree();
    let draft = propose(&tree, "c", &contract("1.0.0", ID));
    put(&mut tree, &draft);
    let inside = "openspec/changes/c/specs/orders/orders.odcs.yaml";
    let delta = "openspec/changes/c/specs/orders/spec.md";
    let text = tree.text(inside).unwrap().to_owned();
    let spec = tree.text(delta).unwrap().to_owned();
    let says = |path: &str, new: Option<String>, wanted: &str| {
        let mut changed = tree.clone();
        match new {
            Some(text) => changed.files.insert(path.to_owned(), text.into_bytes()),
            None => changed.files.remove(path),
        };
        let found = judge(&changed, &folder(&changed, "c")).findings;
        assert!(codes(&found).contains(&wanted), "{wanted}: {found:#?}");
    };
    says(inside, Some(text.replace("status: active", "status: draft")), "PL422");
    says(inside, None, "PL422");
    says(inside, Some("no: contract".into()), "PL110");
    says(delta, Some(spec.replace("version: 2.0.0", "version: 2.5.0")), "PL415");
    says(delta, Some(spec.replace("supersedes: ", "superseded: ")), "PL421");
    says(delta, None, "PL420");
    let unpinned = spec[..spec.find("```yaml").unwrap()].to_owned()
        + "\n#### Scenario: A row breaks the contract\n- **WHEN** a\n- **THEN** b\n";
    says(delta, Some(unpinned), "PL423");
    let lower = text.replace("version: 2.0.0", "version: 1.0.1");
    let sum = sha256(lower.as_bytes());
    let old = sha256(text.as_bytes());
    tree.files.insert(inside.into(), lower.into_bytes());
    tree.files.insert(delta.into(), spec.replace(&old, &sum).replace("version: 2.0.0", "version: 1.0.1").into_bytes());
    assert!(codes(&judge(&tree, &folder(&tree, "c")).findings).contains(&"PL424"));
}

#[test]
fn a_contract_that_stays_the_same_is_no_change() {
    let tree = tree();
    let text = tree.text(&format!("{SPECS}/orders/orders.odcs.yaml")).unwrap().to_owned();
    let refused = survey(&tree, &[NewContract { path: "o.yaml", text: &text, capability: None }]).unwrap_err();
    assert_eq!(codes(&refused), ["PL420"]);
    let other = text.replace("urn:shop:orders", "urn:shop:other");
    let refused = survey(&tree, &[NewContract { path: "orders.odcs.yaml", text: &other, capability: Some("orders") }]);
    assert_eq!(codes(&refused.unwrap_err()), ["PL422"], "the id says which one is meant");
}

proptest::proptest! {
    /// Whatever somebody writes into a change, it is told and nothing breaks; spans lie inside of their files.
    #[test]
    fn hostile_changes_are_judged_to_the_end(
        which in 0..4usize, at in 0.0..1.0f64, cut in 0..40usize, with in "[ -~\\n#`\u{feff}ä]{0,40}", archived: bool
    ) {
        let mut tree = tree();
        let draft = propose(&tree, "c", &contract("1.0.0", ID));
        put(&mut tree, &draft);
        let files = ["specs/orders/spec.md", "specs/orders/orders.odcs.yaml", "tasks.md", ".openspec.yaml"];
        let path = format!("openspec/changes/c/{}", files[which]);
        let text = tree.text(&path).unwrap().to_owned();
        let from = text.char_indices().map(|(at, _)| at).nth((at * text.chars().count() as f64) as usize).unwrap_or(0);
        let to = text[from..].char_indices().map(|(at, _)| from + at).nth(cut).unwrap_or(text.len());
        tree.files.insert(path, format!("{}{with}{}", &text[..from], &text[to..]).into_bytes());
        if archived {
            archive(&mut tree, "c");
        }
        let folder = folder(&tree, "c");
        let judged = judge(&tree, &folder);
        for found in &judged.findings {
            let length = tree.files.get(&found.path).map_or(0, Vec::len);
            proptest::prop_assert!(found.span.start <= found.span.end && found.span.end <= length, "{found:?}");
        }
        // What applies cleanly leaves contracts that their specs pin.
        if judged.is_valid() && !archived {
            write(&mut tree, judged.writes);
            archive(&mut tree, "c");
            let errors: Vec<_> = checked(&tree).into_iter().filter(contract::Diagnostic::is_error).collect();
            proptest::prop_assert!(errors.is_empty(), "{errors:#?}");
        }
    }
}

#[test]
fn ids_are_what_openspec_takes() {
    for good in ["a", "add-orders", "2026-x9"] {
        assert!(is_id(good), "{good}");
    }
    for bad in ["", "archive", "A", "a_b", "a--b", "-a", "a-", "a/b", "..", "a b", "ä", &"a".repeat(101)] {
        assert!(!is_id(bad), "{bad}");
    }
}

#[test]
fn the_sample_tree_of_openspec_holds() {
    let Some(tree) = sample() else { return };
    assert_eq!(checked(&tree), []);
    let folder = folder(&tree, "orders-drop-placed-at");
    let judged = judge(&tree, &folder);
    assert!(judged.is_valid(), "{:#?}", judged.findings);
    assert!(judged.is_breaking());
    let kinds: Vec<&str> =
        judged.contracts[0].report.iter().flat_map(|report| &report.changes).map(|change| change.kind).collect();
    assert!(kinds.contains(&"property-removed") && kinds.contains(&"property-added"), "{kinds:?}");
    for change in tree.archived() {
        assert!(!digest(&change).is_empty());
    }
}

fn sample() -> Option<Tree> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/openspec");
    if !root.is_dir() {
        eprintln!("the sample trees are not here, so they are not looked at");
        return None;
    }
    let mut tree = Tree::default();
    let mut pending = vec![root.join("openspec")];
    while let Some(at) = pending.pop() {
        for entry in std::fs::read_dir(&at).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => pending.push(entry.path()),
                false => {
                    let path = entry.path().strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                    tree.files.insert(path, std::fs::read(entry.path()).unwrap());
                }
            }
        }
    }
    Some(tree)
}

#[test]
fn a_contract_is_made_to_fit_and_the_rest_of_its_text_stays() {
    let text = "\
# Why this contract is as it is.
apiVersion: v3.2.0
kind: DataContract
id: urn:shop:orders
version: 1.0.0
status: active
schema:
  - name: orders # the table
    logicalType: object
    properties:
      - name: id
        logicalType: integer
      - { name: status, logicalType: string, enum: [{ value: open }, { value: \"no\" }] }
      - name: size
        logicalType: string
        enum:
          - value: small

    quality: []
";
    let edits = [
        Fit::Add { column: "discount".into(), logical_type: "number" },
        Fit::Add { column: "yes".into(), logical_type: "string" },
        Fit::ReadAs { column: "id".into(), name: "order id".into() },
        Fit::ReadAs { column: "status".into(), name: "state".into() },
        Fit::Allow { column: "status".into(), values: vec!["off".into(), "a, b".into()] },
        Fit::Allow { column: "size".into(), values: vec!["large".into()] },
        Fit::ReadAs { column: "id".into(), name: "oid".into() },
    ];
    let fitted = fit(text, "orders", &edits).unwrap();
    let wanted = "\
      - name: id
        physicalName: oid
        logicalType: integer
      - { name: status, physicalName: state, logicalType: string, enum: [{ value: open }, { value: \"no\" }, { value: \"off\" }, { value: \"a, b\" }] }
      - name: size
        logicalType: string
        enum:
          - value: small
          - { value: large }
      - { name: discount, logicalType: number }
      - { name: \"yes\", logicalType: string }
";
    assert!(fitted.contains(wanted), "{fitted}");
    assert!(fitted.starts_with("# Why this contract") && fitted.contains("- name: orders # the table"), "{fitted}");
    assert_eq!(fit(text, "nobody", &edits[..1]), None);
    assert_eq!(fit(text, "orders", &[Fit::Allow { column: "id".into(), values: vec!["x".into()] }]), None);
}
