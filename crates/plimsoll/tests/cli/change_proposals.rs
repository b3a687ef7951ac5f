//! What is refused of a proposal before anybody approves it, and what is told of one.

use crate::contract_attacks::{ORDERS, SPEC, loosened, propose, sha256, shop};
use crate::gate_rules::says;
use crate::project::Project;

const COUNTED: &str = "\n### Requirement: Orders are counted\nThe pipeline SHALL count orders.\n\n#### Scenario: One\n- **WHEN** an order comes\n- **THEN** it is counted\n";

/// A change by hand of a requirement without a contract.
fn by_hand(project: &Project, id: &str, words: &str) {
    let folder = format!("openspec/changes/{id}");
    project.put(
        &format!("{folder}/proposal.md"),
        "# Proposal\n\n## Why\n\nThe counting of orders must be said far more precisely.\n\n## What Changes\n\n- x\n",
    );
    project.put(&format!("{folder}/tasks.md"), "- [ ] 1.1 x\n");
    let text = COUNTED
        .replace("orders.", &format!("orders {words}."))
        .replace("is counted\n", &format!("is counted {words}\n"));
    project.put(&format!("{folder}/specs/tests/spec.md"), format!("# Spec Delta\n\n## MODIFIED Requirements\n{text}"));
}

#[test]
fn the_second_of_two_who_modify_a_requirement_is_told_so() {
    let project = shop("");
    project.put(SPEC, project.read(SPEC) + COUNTED);
    for (id, words) in [("a", "within one hour"), ("b", "by customer")] {
        by_hand(&project, id, words);
        says(
            &project.expect(1, &["change", "approve", id, "--reason", "r", "--as", "ada"]),
            &["nobody stands behind", &format!("change propose {id}")],
        );
        project.expect(0, &["change", "propose", id, "--as", "carl"]);
        project.expect(0, &["change", "approve", id, "--reason", "r", "--as", "ada"]);
        project.expect(0, &["change", "validate", id]);
    }
    project.expect(0, &["change", "apply", "a", "--as", "ada"]);
    let stale = ["PL421", "requirement `Orders are counted` changed since", "bring what it says now into the delta"];
    says(&project.expect(1, &["change", "validate", "b"]), &stale);
    says(&project.expect(1, &["change", "apply", "b", "--as", "ada"]), &stale);
    says(&project.expect(1, &["change", "propose", "b", "--as", "carl"]), &stale[1..]);
    assert!(project.read(SPEC).contains("SHALL count orders within one hour."));
    by_hand(&project, "b", "within one hour and by customer");
    project.expect(0, &["change", "propose", "b", "--as", "carl"]);
    project.expect(0, &["change", "approve", "b", "--reason", "r", "--as", "ada"]);
    project.expect(0, &["change", "apply", "b", "--as", "ada"]);
    assert!(project.read(SPEC).contains("SHALL count orders within one hour and by customer."));
    project.expect(0, &["change", "rollback", "b", "--reason", "r", "--as", "ada"]);
}

#[test]
fn a_sentence_that_was_written_into_a_pinned_requirement_meanwhile_is_not_lost() {
    let project = shop("");
    let text = project.read(ORDERS).replace("status: active", "status: active\ntenant: a");
    propose(&project, "tenant", &text, "carl");
    project.expect(0, &["change", "approve", "tenant", "--reason", "r", "--as", "ada"]);
    project.edit(SPEC, "SHALL publish only rows that", "MUST publish and never forget rows that");
    says(&project.expect(1, &["change", "apply", "tenant", "--as", "ada"]), &["PL421", "--replace"]);
    let from = "openspec/changes/tenant/specs/tests/orders.odcs.yaml";
    project.expect(0, &["change", "new", "tenant", "--from", from, "--replace", "--as", "carl"]);
    project.expect(0, &["change", "approve", "tenant", "--reason", "r", "--as", "ada"]);
    project.expect(0, &["change", "apply", "tenant", "--as", "ada"]);
    assert!(project.read(SPEC).contains("MUST publish and never forget"));
}

#[test]
fn a_second_contract_for_a_dataset_is_refused_before_it_is_applied() {
    let project = shop("");
    let text = project.read(ORDERS).replace("urn:test:orders", "urn:test:other");
    propose(&project, "other", &text, "carl");
    let twice = ["PL291", "dataset `orders` has a contract", "openspec/changes/other/specs/"];
    says(&project.expect(1, &["change", "validate", "other"]), &twice);
    says(&project.expect(1, &["change", "approve", "other", "--reason", "r", "--as", "ada"]), &["cannot be approved"]);
    project.expect(0, &["check"]);
}

#[test]
fn what_retiring_a_contract_breaks_is_shown() {
    let project = shop("");
    project.put_contract("notes", &["name: id, logicalType: integer"], "");
    project.put("models/notes.sql", "SELECT id FROM orders\n");
    project.put_pipeline(&["orders: { source: { files: 'landing/*.csv' } }", "notes: {}"]);
    project.expect(0, &["init"]);
    let folder = "openspec/changes/retire";
    project.put(&format!("{folder}/.openspec.yaml"), "schema: spec-driven\ncreated: \"2026-11-28\"\n");
    project.put(
        &format!("{folder}/proposal.md"),
        "# Proposal\n\n## Why\n\nNobody reads the orders any more.\n\n## What Changes\n\n- all\n",
    );
    project.put(&format!("{folder}/tasks.md"), "- [ ] 1.1 do\n");
    project.put(
        &format!("{folder}/specs/tests/spec.md"),
        "# Spec Delta\n\n## REMOVED Requirements\n\n### Requirement: Data contract orders 1.0.0\n**Reason**: gone\n**Migration**: none\n",
    );
    let shown = project.expect(0, &["change", "show", "retire"]);
    says(
        &shown,
        &["orders.odcs.yaml 1.0.0 retired", "What it breaks", "models/notes.sql:1:16", "pipelines/small.yaml:3"],
    );
}

#[test]
fn a_version_that_says_nothing_is_refused() {
    let project = shop("");
    let more = project.read(ORDERS).replace("status: active", "status: active\ntenant: a");
    for (version, words) in
        [("banana", ["PL424", "no version that can be compared"]), ("0.9.0", ["so it says that now", "1.0.1"])]
    {
        project.put("new.odcs.yaml", more.replace("version: 1.0.0", &format!("version: {version}")));
        let code = if version == "banana" { 2 } else { 0 };
        says(&project.expect(code, &["change", "new", "tenant", "--from", "new.odcs.yaml"]), &words);
    }
    project.put("new.odcs.yaml", project.read(ORDERS).replace("version: 1.0.0", "version: 0.9.0"));
    let lower = project.expect(2, &["change", "new", "lower", "--from", "new.odcs.yaml"]);
    says(&lower, &["PL420", "nothing changes but the version", "goes back behind 1.0.0"]);
    // Written by hand, past `change new`.
    for (version, words) in [("banana", "no version that can be compared"), ("0.9.0", "is not enough")] {
        let project = shop("");
        propose(&project, "tenant", &more, "carl");
        let inside = "openspec/changes/tenant/specs/tests/orders.odcs.yaml";
        let before = project.read(inside);
        let after = before.replace("version: 1.0.1", &format!("version: {version}"));
        project.put(inside, &after);
        let delta = "openspec/changes/tenant/specs/tests/spec.md";
        let text = project.read(delta).replace(&sha256(&before), &sha256(&after));
        project.put(delta, text.replace("version: 1.0.1", &format!("version: {version}")));
        says(&project.expect(1, &["change", "validate", "tenant"]), &["PL424", words]);
    }
}

#[test]
fn an_applied_change_keeps_its_verdict_and_its_name() {
    let project = shop("");
    let text =
        project.read(ORDERS).replace("id: p_state, name: state", "id: p_state, name: status, physicalName: state");
    propose(&project, "rename", &text, "carl");
    project.expect(0, &["change", "approve", "rename", "--reason", "r", "--as", "ada"]);
    project.expect(0, &["change", "apply", "rename", "--as", "ada"]);
    says(&project.expect(0, &["change", "list", "--all"]), &["breaking", "1.0.0 → 2.0.0"]);
    let shown = project.json(0, &["change", "show", "rename"]);
    assert_eq!((&shown["breaking"], &shown["state"]), (&true.into(), &"applied".into()));
    project.put("new.odcs.yaml", project.read(ORDERS).replace("status: active", "status: active\ntenant: a"));
    let taken = project.expect(2, &["change", "new", "rename", "--from", "new.odcs.yaml"]);
    says(&taken, &["was applied already", "another id"]);
    // By hand all the same: it is refused, and the applied one can still be meant.
    propose(&project, "tenant", &project.read("new.odcs.yaml"), "carl");
    std::fs::rename(project.path("openspec/changes/tenant"), project.path("openspec/changes/rename")).unwrap();
    says(&project.expect(1, &["change", "validate", "rename"]), &["PL427", "has the id `rename` already"]);
    let undo = ["change", "rollback", "rename", "--reason", "r", "--as", "ada"];
    says(&project.expect(1, &undo), &["an open change has the id `rename` too"]);
    std::fs::remove_dir_all(project.path("openspec/changes/rename")).unwrap();
    project.expect(0, &undo);
}

#[test]
fn screens_say_what_is_missing() {
    let project = shop("");
    propose(&project, "loosen", &loosened(&project), "carl");
    says(&project.expect(0, &["status"]), &["change loosen is waiting"]);
    project.expect(0, &["change", "reject", "loosen", "--reason", "no", "--as", "bob"]);
    let approved = project.expect(0, &["change", "approve", "loosen", "--reason", "yes", "--as", "ada"]);
    says(&approved, &["still rejected by bob"]);
    says(&project.expect(0, &["status"]), &["change loosen is rejected"]);
    assert_eq!(project.json(0, &["status"])["changes"][0]["state"], "rejected");
    project.expect(0, &["change", "approve", "loosen", "--reason", "yes", "--as", "bob"]);
    let died = crate::process::killed_at(&project, "change_begun", &["change", "apply", "loosen", "--as", "ada"]);
    assert!(died.is_none());
    says(
        &project.expect(0, &["change", "list", "--all"]),
        &["change loosen was interrupted: it is ended now", "applied"],
    );
}
