//! Nobody gets a change of contracts through by editing files, the ledger or the clock, or by being two.

use std::process::Command;

use crate::change_rules::{decide, decides, events, hands_over, show, waiting};
use crate::changes::PRODUCTS;
use crate::gate_attacks::{forge, sql};
use crate::gate_rules::{key, later, misdated, says};
use crate::process::{Paused, Process};
use crate::project::Project;

fn apply(project: &Project, hours: i64, code: i32) -> crate::project::Output {
    let output = later(project, hours, &["change", "apply", "rename", "--as", "ada"]);
    assert_eq!(output.code, Some(code), "{}", output.both());
    output
}

fn nothing_is_in_force(project: &Project) {
    assert!(!project.read(PRODUCTS).contains("arrival_delay_minutes"));
}

#[test]
fn an_edited_word_in_the_ledger_is_found_out_by_approval_and_application() {
    for hand in [
        // The author is another, so that ada can approve her own change.
        "UPDATE event SET body = replace(body, '\"who\":\"ada\"', '\"who\":\"max\"') WHERE body LIKE '%proposed%'",
        // The question is younger.
        "UPDATE event SET time_ms = time_ms + 1 WHERE body LIKE '%proposed%'",
        "UPDATE event SET body = replace(body, 'expires_after_ms\":', 'expires_after_ms\":9') WHERE body LIKE '%proposed%'",
        // A rejection is an approval, or was never there.
        "UPDATE event SET body = replace(body, 'rejected', 'approved') WHERE body LIKE '%rejected%'",
        "DELETE FROM event WHERE body LIKE '%rejected%'",
        // The events are whole, and are not listed.
        "DELETE FROM change_step WHERE seq = (SELECT max(seq) FROM change_step)",
        "DELETE FROM change_step WHERE seq = (SELECT min(seq) FROM change_step)",
    ] {
        let project = waiting("");
        project.expect(0, &["change", "reject", "rename", "--reason", "no", "--as", "bob"]);
        if !sql(&project, hand) {
            return;
        }
        says(&decides(&project, 0, "cyd", 1), &["the ledger was changed by another hand"]);
        says(&hands_over(&project, "cyd", "eve", &[], 1), &["the ledger was changed by another hand"]);
        let applied = project.run(&["change", "apply", "rename", "--as", "ada"]);
        assert_eq!(applied.code, Some(1), "{hand}\n{}", applied.both());
        nothing_is_in_force(&project);
    }
}

pub fn forged_event(project: &Project, change: &str, body: &str) -> bool {
    let lists = format!("INSERT INTO change_step (seq, change_id) VALUES ({{seq}}, '{change}')");
    forge(project, body, ("NULL", "NULL"), &lists)
}

/// The newest event of a change with this word in it, as it stands in the ledger.
pub fn body(project: &Project, word: &str) -> Option<String> {
    let query = format!("SELECT body FROM event WHERE body LIKE '%{word}%' ORDER BY seq DESC LIMIT 1");
    let output = Command::new("sqlite3").arg(project.path(".plimsoll/ledger.db")).arg(query).output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
}

const SIGNED: &str = "[changes]\napprovers = [\"bob\", \"cyd\"]\nbreaking_approvals = 2\nallowed_signers = \"signers\"\n[gates.contract-update]\nexpires_after = \"10d\"\n";

/// A change whose approvals are signed by bob and cyd.
fn signed() -> Option<Project> {
    let project = waiting(SIGNED);
    if !["bob", "cyd"].iter().all(|name| key(&project, name)) {
        return None;
    }
    let line = |name: &str| format!("{name} {}", project.read(&format!("key-{name}.pub")));
    project.put("signers", ["bob", "cyd"].map(line).concat());
    Some(project)
}

fn signs(project: &Project, hours: i64, who: &str, code: i32) {
    let output = decide(project, hours, who, &["--sign", &format!("key-{who}")]);
    assert_eq!(output.code, Some(code), "{}", output.both());
}

#[test]
fn an_approval_that_somebody_wrote_into_the_ledger_counts_nothing_without_a_signature() {
    let Some(project) = signed() else { return };
    signs(&project, 0, "bob", 0);
    let Some(of_bob) = body(&project, "\"approved\"") else { return };
    for forged in [
        of_bob.replace("\"who\":\"bob\"", "\"who\":\"cyd\""),
        // Of old events, nothing that is new is expected.
        of_bob.replace("\"who\":\"bob\"", "\"who\":\"cyd\"").replace("\"asked_ms\"", "\"never_ms\""),
    ] {
        assert!(forged_event(&project, "rename", &forged));
        project.expect(0, &["ledger", "verify"]);
        apply(&project, 0, 3);
    }
    nothing_is_in_force(&project);
}

#[test]
fn a_signed_approval_is_not_taken_from_a_question_that_has_expired() {
    let Some(project) = signed() else { return };
    signs(&project, 0, "bob", 0);
    let Some(of_bob) = body(&project, "\"approved\"") else { return };
    let hours = 241;
    assert_eq!(later(&project, hours, &["change", "propose", "rename", "--as", "ada"]).code, Some(0));
    let asked = later(&project, hours, &["change", "show", "rename", "--json"]);
    let asked: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
    let before: serde_json::Value = serde_json::from_str(&of_bob).unwrap();
    signs(&project, hours, "cyd", 0);
    let of_now =
        of_bob.replace(&format!("\"asked_ms\":{}", before["asked_ms"]), &format!("\"asked_ms\":{}", asked["asked_ms"]));
    assert_ne!(of_now, of_bob);
    for copied in [&of_bob, &of_now] {
        assert!(forged_event(&project, "rename", copied));
        apply(&project, hours, 3);
    }
    says(&later(&project, hours, &["change", "show", "rename"]), &["not that of bob", "1 of 2 approvals"]);
    signs(&project, hours, "bob", 0);
    apply(&project, hours, 0);
}

#[test]
fn a_delegation_that_somebody_wrote_into_the_ledger_hands_nothing_over() {
    let Some(project) = signed() else { return };
    hands_over(&project, "bob", "eve", &["--sign", "key-bob"], 0);
    let Some(of_bob) = body(&project, "\"delegated\"") else { return };
    assert!(forged_event(&project, "rename", &of_bob.replace("\"to\":\"eve\"", "\"to\":\"cyd\"")));
    says(&project.expect(0, &["change", "show", "rename"]), &["bob hands the right to cyd: away (not counted"]);
    says(&decide(&project, 0, "bob", &["--sign", "key-bob"]), &["bob has handed the right to decide to eve"]);
}

#[test]
fn a_clock_that_is_put_back_decides_nothing_on_a_change() {
    let project = waiting("[changes]\napprovers = [\"bob\"]\n[gates.contract-update]\nexpires_after = \"10d\"\n");
    let words = ["runs back", "the clock of this machine says"];
    says(&decides(&project, -1, "bob", 1), &words);
    for args in [
        &["change", "reject", "rename", "--reason", "r", "--as", "bob"][..],
        &["change", "delegate", "rename", "--to", "eve", "--reason", "r", "--as", "bob"],
    ] {
        let early = later(&project, -1, args);
        assert_eq!(early.code, Some(1), "{}", early.both());
        says(&early, &words);
    }
    // Another version, so that the question would be a new one.
    project.edit("openspec/changes/rename/proposal.md", "## Why\n", "## Why\n\nBecause I say so.\n");
    let early = later(&project, -1, &["change", "propose", "rename", "--as", "ada"]);
    assert_eq!(early.code, Some(1), "{}", early.both());
    project.expect(0, &["change", "propose", "rename", "--as", "ada"]);
    // Looked at when it had expired, so a clock that is right again is one that was put back.
    later(&project, 241, &["gate", "list"]);
    assert_eq!(events(&project, "\"expired\""), 1);
    decides(&project, 0, "bob", 1);
    apply(&project, 0, 1);
    nothing_is_in_force(&project);
}

/// The machine has been up for two hours since, whatever its clock says.
#[test]
fn a_clock_that_is_put_back_makes_no_change_younger() {
    let project = waiting("[changes]\napprovers = [\"bob\"]\n[gates.contract-update]\nexpires_after = \"1h\"\n");
    let mut late = project.command(&["change", "approve", "rename", "--reason", "r", "--as", "bob"]);
    let approved = crate::project::Output::of(late.env("PLIMSOLL_LATER", "7200000").env("PLIMSOLL_CLOCK", "-7100000"));
    assert_eq!(approved.code, Some(1), "{}", approved.both());
    says(&approved, &["has expired: nobody decided in time"]);
    nothing_is_in_force(&project);
}

#[test]
fn a_clock_that_is_put_ahead_lets_nobody_decide_on_a_change_early_unseen() {
    let project = waiting(
        "[changes]\napprovers = [\"bob\", \"cyd\"]\nbreaking_approvals = 2\n[gates]\nescalate_after = \"24h\"\nescalate_to = [\"zoe\"]\n",
    );
    decides(&project, 25, "zoe", 0);
    says(&decides(&project, 0, "bob", 1), &["runs back", "the ledger has an event of"]);
    nothing_is_in_force(&project);
}

#[test]
fn a_clock_that_is_put_ahead_lets_nobody_decide_on_a_change_early() {
    let project = waiting(
        "[changes]\napprovers = [\"bob\"]\n[gates.contract-update]\nescalate_after = \"24h\"\nescalate_to = [\"zoe\"]\n",
    );
    let breaks = show(&project)["breaks"].as_array().unwrap().len().to_string();
    for args in [
        &["change", "approve", "rename", "--reason", "r", "--breaks", &breaks, "--as", "zoe"][..],
        &["change", "delegate", "rename", "--to", "eve", "--reason", "r", "--as", "zoe"],
    ] {
        let early = misdated(&project, 25, args);
        assert_eq!(early.code, Some(1), "{}", early.both());
        says(&early, &["by it change `rename` has been open for", "ask one of those who may decide at any time"]);
    }
    // Who only looks is not told that it is escalated, and enters nothing of the kind.
    for verb in [&["gate", "list"][..], &["change", "list"], &["status"]] {
        misdated(&project, 25, verb);
    }
    let shown = misdated(&project, 25, &["change", "show", "rename"]);
    assert!(!shown.stdout.contains("escalated"), "{}", shown.both());
    assert_eq!(events(&project, "\"escalated\""), 0);
    // When that time has passed by every clock, it is another matter.
    decides(&project, 25, "zoe", 0);
    apply(&project, 25, 0);
}

#[test]
fn a_question_that_was_asked_by_a_clock_ahead_is_asked_anew() {
    let project = waiting("[changes]\napprovers = [\"bob\"]\n[gates]\napprovers = [\"bob\"]\n");
    project.edit("openspec/changes/rename/proposal.md", "## Why\n", "## Why\n\nBecause I say so.\n");
    let ahead = misdated(&project, 48, &["change", "propose", "rename", "--as", "ada"]);
    assert_eq!(ahead.code, Some(0), "{}", ahead.both());
    says(&decides(&project, 0, "bob", 1), &["runs back", "settle-clock"]);
    project.expect(0, &["ledger", "settle-clock", "--reason", "that clock was wrong", "--as", "bob"]);
    project.expect(0, &["change", "propose", "rename", "--as", "ada"]);
    decides(&project, 0, "bob", 0);
    apply(&project, 0, 0);
}

#[test]
fn who_is_taken_out_of_the_rule_does_not_count_and_who_comes_in_shows() {
    let project = waiting("[changes]\napprovers = [\"bob\", \"cyd\"]\nbreaking_approvals = 2\n");
    decides(&project, 0, "bob", 0);
    project.edit("plimsoll.toml", "breaking_approvals = 2", "breaking_approvals = 1");
    // The rule is the project's of now; that it was another shows to everybody who looks.
    says(&project.expect(0, &["change", "show", "rename"]), &["approved by bob"]);
    project.edit("plimsoll.toml", "[\"bob\", \"cyd\"]", "[\"eve\", \"cyd\"]");
    says(&apply(&project, 0, 3), &["not counted: bob is not among those"]);
    says(&project.expect(0, &["change", "show", "rename"]), &["when it was asked it was: 2 of bob, cyd"]);
    nothing_is_in_force(&project);
}

#[test]
fn two_who_approve_at_once_are_counted_once_each() {
    let project = waiting("[changes]\napprovers = [\"bob\", \"cyd\"]\nbreaking_approvals = 2\n");
    let breaks = show(&project)["breaks"].as_array().unwrap().len().to_string();
    let start = |who: &str| {
        let args = ["change", "approve", "rename", "--reason", "r", "--breaks", &breaks, "--as", who];
        Process::start(&project, &args)
    };
    let started = [start("bob"), start("bob"), start("cyd")];
    for process in started {
        let output = process.end();
        assert_eq!(output.code, Some(0), "{}", output.both());
    }
    assert_eq!(show(&project)["standing"]["decisions"].as_array().unwrap().len(), 2);
    project.expect(0, &["ledger", "verify"]);
    apply(&project, 0, 0);
}

#[test]
fn nobody_decides_while_a_change_is_applied() {
    let project = waiting("");
    decides(&project, 0, "bob", 0);
    let applying = Paused::at(&project, "change_begun", &["change", "apply", "rename", "--as", "ada"]);
    let rejecting = Process::start(&project, &["change", "reject", "rename", "--reason", "late", "--as", "cyd"]);
    assert_eq!(applying.resume().code, Some(0));
    let late = rejecting.end();
    assert_eq!(late.code, Some(2), "{}", late.both());
    says(&late, &["is applied already", "rollback"]);
    assert_eq!(events(&project, "\"rejected\""), 0);
}
