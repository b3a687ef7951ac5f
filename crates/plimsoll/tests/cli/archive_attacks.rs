//! What comes in an archived change from elsewhere is judged by what this ledger knows.

use crate::change_attacks::{body, forged_event};
use crate::change_undoing::{signed, signing};
use crate::contract_attacks::{ORDERS, SPEC, cloned, loosened, propose, pull, refused, sha256};
use crate::gate_rules::{later, says};
use crate::project::Project;

const TWO: &str = "[changes]\napprovers = [\"ada\", \"bob\"]\nbreaking_approvals = 2\nallowed_signers = \"signers\"\n\
                   [gates.contract-update]\nexpires_after = \"10d\"\n";
const APPROVE: [&str; 3] = ["change", "approve", "loosen"];

/// A breaking change that carl has proposed, and what the tree is where ada and bob have approved it and it was applied.
fn proposed() -> Option<(Project, Project)> {
    let project = signing(TWO, &["ada", "bob"])?;
    propose(&project, "loosen", &loosened(&project), "carl");
    let applied = project.copied();
    for who in ["ada", "bob"] {
        signed(&applied, 0, &APPROVE, who);
    }
    applied.expect(0, &["change", "apply", "loosen", "--as", "carl"]);
    Some((project, applied))
}

#[test]
fn whoever_does_not_know_the_change_or_has_only_seen_it_proposed_takes_it() {
    let Some((project, applied)) = proposed() else { return };
    pull(&project, &applied);
    project.expect(0, &["check"]);
    let Some(fresh) = signing(TWO, &["ada", "bob"]) else { return };
    let fresh_signers = applied.read("signers");
    fresh.put("signers", fresh_signers);
    pull(&fresh, &applied);
    fresh.expect(0, &["check"]);
}

#[test]
fn a_rejection_that_this_ledger_knows_stands() {
    let Some((project, applied)) = proposed() else { return };
    signed(&project, 0, &APPROVE, "ada");
    project.expect(0, &["change", "reject", "loosen", "--reason", "no", "--as", "ada"]);
    pull(&project, &applied);
    refused(&project, &["PL417"]);
}

#[test]
fn an_approval_that_was_void_here_stays_void() {
    let Some((project, _)) = proposed() else { return };
    signed(&project, 0, &APPROVE, "ada");
    let applied = project.copied();
    signed(&applied, 0, &APPROVE, "bob");
    applied.expect(0, &["change", "apply", "loosen", "--as", "carl"]);
    // Nobody else decided in time, and it was asked anew.
    assert_eq!(later(&project, 241, &["change", "propose", "loosen", "--as", "carl"]).code, Some(0));
    pull(&project, &applied);
    let checked = later(&project, 241, &["check"]);
    assert_eq!(checked.code, Some(2), "{}", checked.both());
    says(&checked, &["PL417"]);
}

/// On a machine of their own somebody puts another contract in force, from which it is a small step.
#[test]
fn what_was_in_force_before_is_not_what_a_folder_says() {
    let Some(project) = signing(TWO, &["ada", "bob"]) else { return };
    let own = cloned(&project);
    let lenient = loosened(&own).replace("version: 2.0.0", "version: 1.0.0");
    own.put(SPEC, own.read(SPEC).replace(&sha256(&own.read(ORDERS)), &sha256(&lenient)));
    own.put(ORDERS, &lenient);
    propose(&own, "tenant", &lenient.replace("status: active", "status: active\ntenant: a"), "carl");
    signed(&own, 0, &["change", "approve", "tenant"], "ada");
    own.expect(0, &["change", "apply", "tenant", "--as", "carl"]);
    pull(&project, &own);
    refused(&project, &["PL417"]);
}

#[test]
fn changes_that_build_on_one_another_arrive_together() {
    let Some((project, applied)) = proposed() else { return };
    let text = applied.read(ORDERS).replace("status: active", "status: active\ntenant: a");
    propose(&applied, "tenant", &text, "carl");
    signed(&applied, 0, &["change", "approve", "tenant"], "ada");
    applied.expect(0, &["change", "apply", "tenant", "--as", "carl"]);
    pull(&project, &applied);
    project.expect(0, &["check"]);
    project.run(&["run"]);
    project.expect(0, &["check"]);
}

#[test]
fn a_signature_counts_in_its_own_project() {
    let Some((project, applied)) = proposed() else { return };
    let settings = project.read("plimsoll.toml");
    let name = settings.lines().find(|line| line.starts_with("name = ")).unwrap().to_owned();
    project.put("plimsoll.toml", settings.replace(&name, "name = \"elsewhere\""));
    pull(&project, &applied);
    refused(&project, &["PL417"]);
}

#[test]
fn an_undoing_is_for_one_application() {
    let Some((_, project)) = proposed() else { return };
    let undo = ["change", "rollback", "loosen"];
    signed(&project, 3, &undo, "ada");
    signed(&project, 0, &undo, "bob");
    let undone = project.copied();
    for who in ["ada", "bob"] {
        signed(&project, 0, &APPROVE, who);
    }
    project.expect(0, &["change", "apply", "loosen", "--as", "carl"]);
    pull(&project, &undone);
    refused(&project, &["PL417"]);
}

#[test]
fn an_undoing_arrives_at_a_colleague() {
    let settings = "[changes]\napprovers = [\"ada\"]\nbreaking_approvals = 1\nallowed_signers = \"signers\"\n";
    let Some(ours) = signing(settings, &["ada", "carl"]) else { return };
    let text = ours.read(ORDERS).replace("status: active", "status: active\ntenant: a");
    let theirs = ours.copied();
    ours.put("new.odcs.yaml", text);
    ours.expect(0, &["change", "new", "tenant", "--from", "new.odcs.yaml", "--as", "carl", "--sign", "key-carl"]);
    signed(&ours, 0, &["change", "approve", "tenant"], "ada");
    ours.expect(0, &["change", "apply", "tenant", "--as", "carl"]);
    pull(&theirs, &ours);
    theirs.run(&["run"]);
    signed(&ours, 0, &["change", "rollback", "tenant"], "ada");
    pull(&theirs, &ours);
    theirs.expect(0, &["check"]);
}

#[test]
fn one_key_is_one_person_whatever_it_is_called() {
    let Some((project, _)) = proposed() else { return };
    let key = project.read("key-ada.pub");
    project.put("signers", format!("ada,bob {key}"));
    signed(&project, 0, &APPROVE, "ada");
    let as_bob = ["--reason", "r", "--as", "bob", "--sign", "key-ada"];
    project.expect(0, &[&APPROVE[..], &as_bob].concat());
    says(&project.expect(3, &["change", "apply", "loosen", "--as", "carl"]), &["signed with the key of ada"]);
    // Nor does another name let an author approve.
    project.expect(0, &["change", "propose", "loosen", "--as", "ada", "--sign", "key-ada"]);
    says(&project.expect(3, &["change", "apply", "loosen", "--as", "carl"]), &["2 of 2 approvals"]);
}

#[test]
fn signed_words_that_are_copied_do_not_count_again() {
    let Some((project, _)) = proposed() else { return };
    let hands = |to: &str| {
        let args = ["change", "delegate", "loosen", "--to", to, "--reason", "r", "--as", "ada", "--sign", "key-ada"];
        project.expect(0, &args);
    };
    hands("eve");
    let Some(first) = body(&project, "\"delegated\"") else { return };
    hands("ada");
    assert!(forged_event(&project, "loosen", &first));
    says(&project.expect(1, &[&APPROVE[..], &["--reason", "r", "--as", "eve"]].concat()), &["eve is not among those"]);
    signed(&project, 0, &APPROVE, "ada");
    signed(&project, 0, &APPROVE, "bob");
    let Some(approved) = body(&project, "\"approved\"") else { return };
    project.expect(0, &["change", "reject", "loosen", "--reason", "no", "--as", "bob"]);
    assert!(forged_event(&project, "loosen", &approved));
    project.expect(0, &["ledger", "verify"]);
    let applied = project.run(&["change", "apply", "loosen", "--as", "carl"]);
    assert_ne!(applied.code, Some(0), "{}", applied.both());
    says(&applied, &["rejected"]);
}
