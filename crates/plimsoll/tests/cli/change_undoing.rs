//! Who may undo a change, who stands behind one, and what a proposal must hold against.

use crate::contract_attacks::{ORDERS, loosened, propose, shop};
use crate::gate_rules::{key, says};
use crate::project::Project;

const SIGNED: &str =
    "[changes]\napprovers = [\"ada\", \"bob\"]\nbreaking_approvals = 2\nallowed_signers = \"signers\"\n";

/// As [`shop`], with keys of these, where there are any.
pub fn signing(settings: &str, names: &[&str]) -> Option<Project> {
    let project = shop("");
    let mut signers = String::new();
    for name in names {
        if !key(&project, name) {
            return None;
        }
        signers += &format!("{name} {}", project.read(&format!("key-{name}.pub")));
    }
    project.put("signers", signers);
    let text = project.read("plimsoll.toml");
    project.put("plimsoll.toml", format!("{text}{settings}"));
    Some(project)
}

pub fn signed(project: &Project, code: i32, verb: &[&str], who: &str) -> String {
    let key = format!("key-{who}");
    project.expect(code, &[verb, &["--reason", "r", "--as", who, "--sign", &key]].concat()).both()
}

#[test]
fn a_change_is_undone_by_as_many_as_approved_it() {
    let Some(project) = signing(SIGNED, &["ada", "bob"]) else { return };
    let before = project.read(ORDERS);
    propose(&project, "loosen", &loosened(&project), "carl");
    signed(&project, 0, &["change", "approve", "loosen"], "ada");
    signed(&project, 0, &["change", "approve", "loosen"], "bob");
    project.expect(0, &["change", "apply", "loosen", "--as", "carl"]);
    let after = project.read(ORDERS);
    let undo = ["change", "rollback", "loosen"];
    says(&project.expect(1, &[&undo[..], &["--reason", "r", "--as", "ada"]].concat()), &["not signed", "--sign"]);
    says(&project.expect(1, &[&undo[..], &["--reason", "r", "--as", "eve"]].concat()), &["not among those"]);
    says(
        &project.expect(1, &[&undo[..], &["--reason", "r", "--as", "bob", "--sign", "key-ada"]].concat()),
        &["not that of bob"],
    );
    let waits = signed(&project, 3, &undo, "ada");
    assert!(waits.contains("stays in force") && waits.contains("1 of 2 approvals"), "{waits}");
    assert_eq!(project.read(ORDERS), after);
    signed(&project, 3, &undo, "ada");
    says(&project.expect(0, &["change", "show", "loosen"]), &["wanted by ada", "missing", "--sign KEY"]);
    assert!(signed(&project, 0, &undo, "bob").contains("is undone"));
    assert_eq!(project.read(ORDERS), before);
    // Their words were for that application, and not for the next one.
    signed(&project, 0, &["change", "approve", "loosen"], "ada");
    signed(&project, 0, &["change", "approve", "loosen"], "bob");
    project.expect(0, &["change", "apply", "loosen", "--as", "carl"]);
    signed(&project, 3, &undo, "ada");
}

#[test]
fn a_way_back_that_breaks_needs_those_whom_a_breaking_change_needs() {
    let project = shop("[changes]\napprovals = 1\nbreaking_approvals = 2\n");
    let text = project.read(ORDERS);
    let kept =
        text.replace("      - { id: p_state", "      - { name: note, logicalType: string }\n      - { id: p_state");
    propose(&project, "note", &kept, "carl");
    project.expect(0, &["change", "approve", "note", "--reason", "r", "--as", "ada"]);
    project.expect(0, &["change", "apply", "note", "--as", "carl"]);
    says(&project.expect(3, &["change", "rollback", "note", "--reason", "r", "--as", "ada"]), &["stays in force"]);
    says(&project.expect(1, &["change", "rollback", "note", "--reason", "r", "--as", "carl"]), &["somebody else"]);
    project.expect(0, &["change", "rollback", "note", "--reason", "r", "--as", "bob"]);
    assert_eq!(project.read(ORDERS), text);
}

#[test]
fn what_a_rollback_breaks_is_named_before() {
    let project = shop("");
    project.put_contract("notes", &["name: id, logicalType: integer", "name: note, logicalType: string"], "");
    let kept = project
        .read(ORDERS)
        .replace("      - { id: p_state", "      - { name: note, logicalType: string }\n      - { id: p_state");
    propose(&project, "note", &kept, "carl");
    project.expect(0, &["change", "approve", "note", "--reason", "r", "--as", "ada"]);
    project.expect(0, &["change", "apply", "note", "--as", "carl"]);
    project.put("models/notes.sql", "SELECT id, note FROM orders\n");
    project.put_pipeline(&["orders: { source: { files: 'landing/*.csv' } }", "notes: {}"]);
    project.expect(0, &["check"]);
    says(&project.expect(0, &["change", "show", "note"]), &["What undoing it breaks", "models/notes.sql:1:12"]);
    let undo = ["change", "rollback", "note", "--reason", "r", "--as", "ada"];
    says(&project.expect(1, &undo), &["models/notes.sql:1:12", "--breaks"]);
    assert_eq!(project.read(ORDERS).matches("name: note").count(), 1, "nothing is undone yet");
    let count = project.json(0, &["change", "show", "note"])["breaks"].as_array().unwrap().len().to_string();
    project.expect(0, &[&undo[..], &["--breaks", &count]].concat());
    assert!(!project.read(ORDERS).contains("name: note"));
}

#[test]
fn whoever_proposes_under_another_name_does_not_approve_it_alone() {
    let settings = "[changes]\napprovers = [\"ada\", \"bob\"]\nallowed_signers = \"signers\"\n";
    let Some(project) = signing(settings, &["ada", "bob", "carl"]) else { return };
    propose(&project, "loosen", &loosened(&project), "somebody-else");
    signed(&project, 0, &["change", "approve", "loosen"], "ada");
    says(
        &project.expect(3, &["change", "apply", "loosen", "--as", "ada"]),
        &["1 of 2 approvals", "change propose loosen --sign"],
    );
    // A name that is not theirs cannot be signed for.
    let propose_as =
        |code, who: &str, key: &str| project.expect(code, &["change", "propose", "loosen", "--as", who, "--sign", key]);
    says(&propose_as(1, "carl", "key-ada"), &["not that of carl"]);
    propose_as(0, "carl", "key-carl");
    project.expect(0, &["change", "apply", "loosen", "--as", "ada"]);

    let Some(project) = signing(settings, &["ada", "bob"]) else { return };
    propose(&project, "loosen", &loosened(&project), "somebody-else");
    signed(&project, 0, &["change", "approve", "loosen"], "ada");
    signed(&project, 0, &["change", "approve", "loosen"], "bob");
    project.expect(0, &["change", "apply", "loosen", "--as", "ada"]);

    let Some(project) = signing(settings, &["ada", "bob"]) else { return };
    project.put("new.odcs.yaml", loosened(&project));
    let new = ["change", "new", "loosen", "--from", "new.odcs.yaml", "--as", "ada", "--sign", "key-ada"];
    project.expect(0, &new);
    says(
        &project.expect(1, &["change", "approve", "loosen", "--reason", "r", "--as", "ada", "--sign", "key-ada"]),
        &["somebody else must approve"],
    );
    signed(&project, 0, &["change", "approve", "loosen"], "bob");
    project.expect(0, &["change", "apply", "loosen", "--as", "ada"]);
}
