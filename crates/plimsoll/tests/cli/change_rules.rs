//! Who may decide on a change of contracts, until when, and what they must have been shown: delegation, escalation, expiry, impact.

use std::process::Command;

use serde_json::Value;

use crate::changes::{PRODUCTS, flights, propose, renamed};
use crate::gate_rules::{key, later, says};
use crate::project::{Output, Project};

/// The flights with a breaking change by ada that waits, and these settings more.
pub fn waiting(settings: &str) -> Project {
    let project = flights();
    let text = project.read("plimsoll.toml");
    project.put("plimsoll.toml", format!("{text}\n{settings}"));
    propose(&project, "rename", &renamed(&project), "ada");
    project
}

pub fn show(project: &Project) -> Value {
    project.json(0, &["change", "show", "rename"])
}

/// As somebody who has looked at all that breaks.
pub fn decide(project: &Project, hours: i64, who: &str, more: &[&str]) -> Output {
    let breaks = show(project)["breaks"].as_array().unwrap().len().to_string();
    let args = ["change", "approve", "rename", "--reason", "looked", "--breaks", &breaks, "--as", who];
    later(project, hours, &[&args[..], more].concat())
}

pub fn decides(project: &Project, hours: i64, who: &str, code: i32) -> Output {
    let output = decide(project, hours, who, &[]);
    assert_eq!(output.code, Some(code), "{who} {hours} hours later\n{}", output.both());
    output
}

pub fn hands_over(project: &Project, from: &str, to: &str, more: &[&str], code: i32) -> Output {
    let args = ["change", "delegate", "rename", "--to", to, "--reason", "away", "--as", from];
    project.expect(code, &[&args[..], more].concat())
}

pub fn events(project: &Project, word: &str) -> usize {
    let printed = project.expect(0, &["ledger", "export"]).stdout;
    printed.lines().filter(|line| line.contains("\"event\":\"change\"") && line.contains(word)).count()
}

const TWO_OF_THREE: &str = "[changes]\napprovers = [\"bob\", \"cyd\", \"ada\"]\nbreaking_approvals = 2\n";

#[test]
fn the_right_to_decide_on_a_change_is_handed_over_and_taken_back() {
    let project = waiting(TWO_OF_THREE);
    let over = |from: &str, to: &str, more: &[&str], code: i32| hands_over(&project, from, to, more, code);
    says(&over("zoe", "eve", &[], 1), &["zoe has no right to hand over"]);
    says(&over("bob", "ada", &[], 1), &["ada stands behind what is asked"]);
    says(&over("ada", "eve", &[], 1), &["ada stands behind what is asked"]);
    says(&over("bob", "bob", &[], 1), &["nothing over to take back"]);
    says(&over("bob", "eve", &["--until", "2020-01-01"], 2), &["ended already"]);
    says(&over("bob", "eve", &["--until", "2999-12-31"], 0), &["eve decides on rename for bob until 2999-12-31"]);
    says(&over("eve", "fay", &[], 1), &["eve has no right to hand over"]);
    says(&decides(&project, 0, "bob", 1), &["bob has handed the right to decide to eve"]);
    says(&over("bob", "bob", &[], 0), &["bob decides on rename again"]);
    says(&decides(&project, 0, "eve", 1), &["eve is not among those"]);
    // By the way of gates it is the same.
    project.expect(0, &["gate", "delegate", "rename", "--to", "eve", "--reason", "away", "--as", "bob"]);
    decides(&project, 0, "eve", 0);
    let shown = project.expect(0, &["change", "show", "rename"]);
    says(&shown, &["bob hands the right to eve: away", "approved by eve for bob", "1 of 2 approvals"]);
    decides(&project, 0, "cyd", 0);
    project.expect(0, &["change", "apply", "rename", "--as", "ada"]);
    assert_eq!(events(&project, "\"delegated\""), 3);
}

#[test]
fn what_was_handed_over_holds_for_one_version_of_a_change() {
    let project = waiting(TWO_OF_THREE);
    hands_over(&project, "bob", "eve", &[], 0);
    project.edit("openspec/changes/rename/proposal.md", "## Why\n", "## Why\n\nBecause I say so.\n");
    project.expect(0, &["change", "propose", "rename", "--as", "ada"]);
    says(&decides(&project, 0, "eve", 1), &["eve is not among those"]);
    decides(&project, 0, "bob", 0);
}

#[test]
fn nobody_decides_on_a_change_for_a_while_and_others_may() {
    let project = waiting(
        "[changes]\napprovers = [\"bob\"]\n[gates.contract-update]\nescalate_after = \"24h\"\nescalate_to = [\"zoe\"]\n",
    );
    says(&decides(&project, 0, "zoe", 1), &["zoe may decide only when it is escalated"]);
    says(&project.expect(0, &["change", "show", "rename"]), &["escalates", "to zoe", "expires"]);
    assert_eq!(events(&project, "\"escalated\""), 0);
    for verb in [&["gate", "list"][..], &["change", "list"], &["status"], &["run"]] {
        later(&project, 25, verb);
    }
    assert_eq!(events(&project, "\"escalated\""), 1, "once, however many look");
    says(&later(&project, 25, &["change", "show", "rename"]), &["waiting, escalated to zoe"]);
    says(&later(&project, 25, &["gate", "list"]), &["escalated"]);
    decides(&project, 25, "eve", 1);
    decides(&project, 25, "zoe", 0);
    assert_eq!(later(&project, 25, &["change", "apply", "rename", "--as", "ada"]).code, Some(0));
}

#[test]
fn an_expired_change_is_decided_by_nobody_until_it_is_proposed_again() {
    let project = waiting(&format!("{TWO_OF_THREE}[gates.contract-update]\nexpires_after = \"10d\"\n"));
    decides(&project, 0, "bob", 0);
    let hours = 241;
    let json = |args: &[&str]| -> Value {
        serde_json::from_str(&later(&project, hours, &[args, &["--json"]].concat()).stdout).unwrap()
    };
    says(&decides(&project, hours, "cyd", 1), &["has expired", "plimsoll change propose rename"]);
    assert_eq!(json(&["change", "show", "rename"])["state"], "expired");
    says(&later(&project, hours, &["change", "list"]), &["expired"]);
    let listed = later(&project, hours, &["gate", "list"]);
    says(&listed, &["expired"]);
    assert_eq!(listed.code, Some(0), "nothing waits that anybody could decide");
    assert_eq!(events(&project, "\"expired\""), 1);
    let waited = later(&project, hours, &["gate", "wait", "rename"]);
    assert_eq!((waited.code, waited.stdout.contains("expired")), (Some(1), true), "{}", waited.both());
    let applied = later(&project, hours, &["change", "apply", "rename", "--as", "ada"]);
    assert_eq!(applied.code, Some(1), "{}", applied.both());
    says(
        &later(&project, hours, &["change", "delegate", "rename", "--to", "eve", "--reason", "r", "--as", "bob"]),
        &["is expired"],
    );

    // It is a new question: what was collected is lost.
    assert_eq!(later(&project, hours, &["change", "propose", "rename", "--as", "ada"]).code, Some(0));
    let shown = json(&["change", "show", "rename"]);
    assert_eq!((&shown["state"], &shown["standing"]["decisions"]), (&"waiting".into(), &serde_json::json!([])));
    says(
        &later(&project, hours, &["change", "show", "rename"]),
        &["the approval by bob was given before it expired", "2 of 2 approvals"],
    );
    decides(&project, hours, "cyd", 0);
    assert_eq!(later(&project, hours, &["change", "apply", "rename", "--as", "ada"]).code, Some(3));
    decides(&project, hours, "bob", 0);
    assert_eq!(later(&project, hours, &["change", "apply", "rename", "--as", "ada"]).code, Some(0));
}

#[test]
fn what_was_decided_in_time_does_not_expire() {
    let project = waiting("[gates.contract-update]\nexpires_after = \"10d\"\n");
    decides(&project, 0, "bob", 0);
    assert_eq!(later(&project, 1000, &["change", "apply", "rename", "--as", "ada"]).code, Some(0));
    let project = waiting("[gates.contract-update]\nexpires_after = \"10d\"\n");
    project.expect(0, &["change", "reject", "rename", "--reason", "no", "--as", "bob"]);
    later(&project, 300, &["change", "propose", "rename", "--as", "ada"]);
    decides(&project, 300, "cyd", 0);
    let applied = later(&project, 300, &["change", "apply", "rename", "--as", "ada"]);
    says(&applied, &["rename is rejected"]);
}

#[test]
fn standing_behind_the_same_version_again_does_not_turn_the_clock_back() {
    let project = waiting("[gates.contract-update]\nexpires_after = \"10d\"\n");
    let before = show(&project)["expires_ms"].clone();
    for who in ["ada", "max"] {
        assert_eq!(later(&project, 100, &["change", "propose", "rename", "--as", who]).code, Some(0));
    }
    assert_eq!(show(&project)["expires_ms"], before);
    // Nor do the settings of another day.
    project.edit("plimsoll.toml", "\"10d\"", "\"99d\"");
    assert_eq!(show(&project)["expires_ms"], before);
}

#[test]
fn the_rule_of_when_it_was_asked_is_told_where_it_was_another() {
    let project = waiting(TWO_OF_THREE);
    decides(&project, 0, "bob", 0);
    project.edit(
        "plimsoll.toml",
        "[\"bob\", \"cyd\", \"ada\"]\nbreaking_approvals = 2",
        "[\"eve\"]\nbreaking_approvals = 1",
    );
    says(
        &project.expect(0, &["change", "show", "rename"]),
        &["when it was asked it was: 2 of bob, cyd, ada", "not counted: bob is not among those", "1 of eve"],
    );
    assert_eq!(show(&project)["rule_before"]["needed"], 2);
}

#[test]
fn nobody_approves_what_they_were_not_shown() {
    let project = waiting("");
    let bare = ["change", "approve", "rename", "--reason", "looked", "--as", "bob"];
    let place = |effect: &Value| {
        let place = &effect["place"];
        format!("{}:{}:{}", place["path"].as_str().unwrap(), place["line"], place["column"])
    };
    let breaks: Vec<String> = show(&project)["breaks"].as_array().unwrap().iter().map(place).collect();
    let count = breaks.len();
    assert!(count > 0);
    // Without a terminal it is refused, and says all of it.
    let refused = project.expect(1, &bare);
    says(&refused, &[&format!("--breaks {count}"), "must say that they were looked at"]);
    for place in &breaks {
        says(&refused, &[place]);
    }
    let refused = project.json(1, &bare);
    assert_eq!(refused["error"]["code"], "refused");
    assert_eq!(refused["breaks"].as_array().unwrap().len(), count);
    let other = (count + 1).to_string();
    says(&project.expect(1, &[&bare[..], &["--breaks", &other]].concat()), &["not the", "that you looked at"]);
    // By the way of gates it is the same.
    let gate = ["gate", "approve", "rename", "--reason", "looked", "--as", "bob"];
    project.expect(1, &gate);
    assert_eq!(events(&project, "\"approved\""), 0);
    let told = project.expect(3, &["gate", "show", "rename", "--format", "github"]).stdout;
    assert!(told.contains(&format!("--breaks {count}")) && told.contains(&breaks[0]), "{told}");
    // Who may not decide is told that first.
    says(&project.expect(1, &["change", "approve", "rename", "--reason", "r", "--as", "ada"]), &["somebody else"]);
    let agreed = project.expect(0, &[&gate[..], &["--breaks", &count.to_string()]].concat());
    says(&agreed, &[&breaks[0], "approved by bob"]);
    project.expect(0, &["change", "apply", "rename", "--as", "ada"]);
}

#[test]
fn an_approval_holds_for_the_breakage_that_was_shown() {
    let project = waiting("");
    let model = "models/daily_delay.sql";
    let before = project.read(model);
    decides(&project, 0, "bob", 0);
    // Lines move, and it is still the same; one place less is nothing new either.
    project.put(model, format!("-- moved\n\n{before}"));
    assert_eq!(show(&project)["state"], "approved");
    project.put(model, before.replace("arrival_delay", "departure_delay"));
    assert_eq!(show(&project)["state"], "approved");
    project.put(model, &before);
    // Another model that breaks was not shown to anybody.
    project.put_contract("late", &["name: arrival_delay, logicalType: integer"], "");
    project.put("models/late.sql", "SELECT arrival_delay\nFROM flight\nWHERE arrival_delay > 60\n");
    let pipeline = project.read("pipelines/flights.yaml");
    project.put("pipelines/flights.yaml", format!("{pipeline}\n  late: {{}}\n"));
    let shown = project.expect(0, &["change", "show", "rename"]);
    says(&shown, &["not counted: it breaks models/late.sql:1", "which bob was not shown", "missing"]);
    says(&project.expect(3, &["change", "apply", "rename", "--as", "ada"]), &["which bob was not shown"]);
    decides(&project, 0, "bob", 0);
    project.expect(0, &["change", "apply", "rename", "--as", "ada"]);
}

#[test]
fn a_change_that_breaks_nothing_asks_for_no_word_about_it() {
    let project = flights();
    propose(&project, "loosen", &project.read(PRODUCTS).replace("maximum: 600", "maximum: 700"), "ada");
    let bare = ["change", "approve", "loosen", "--reason", "fine", "--as", "bob"];
    says(&project.expect(1, &[&bare[..], &["--breaks", "1"]].concat()), &["breaks 0 places"]);
    project.expect(0, &[&bare[..], &["--breaks", "0"]].concat());
    project.expect(0, &bare);
}

/// Runs under a terminal of its own, which answers so.
fn at_terminal(project: &Project, args: &str, answer: &str) -> Option<Output> {
    let mut shell = Command::new("sh");
    let command = format!("{} {args}", env!("CARGO_BIN_EXE_plimsoll"));
    shell.args(["-c", "printf '%s\\n' \"$ANSWER\" | script -qec \"$COMMAND\" /dev/null"]).current_dir(project.root());
    let mut plain = project.command(&[]);
    plain.env("ANSWER", answer).env("COMMAND", command);
    shell.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if !Command::new("script").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("there is no `script` here, so nobody is asked at a terminal");
        return None;
    }
    Some(Output::of(&mut shell))
}

#[test]
fn at_a_terminal_the_approver_is_asked() {
    let project = waiting("");
    let args = "change approve rename --reason looked --as bob";
    let Some(no) = at_terminal(&project, args, "no") else { return };
    says(&no, &["What it breaks", "models/daily_delay.sql", "Approve it all the same?", "nothing was decided"]);
    assert_eq!((no.code, events(&project, "\"approved\"")), (Some(1), 0));
    let yes = at_terminal(&project, args, "yes").unwrap();
    assert_eq!(yes.code, Some(0), "{}", yes.both());
    assert_eq!(show(&project)["state"], "approved");
}

#[test]
fn where_changes_are_signed_delegations_are_too() {
    let project = waiting("[changes]\napprovers = [\"bob\"]\nallowed_signers = \"signers\"\n");
    if !["ada", "bob", "eve"].iter().all(|name| key(&project, name)) {
        return;
    }
    let line =
        |name: &str| format!("{name} namespaces=\"plimsoll-change\" {}", project.read(&format!("key-{name}.pub")));
    project.put("signers", ["ada", "bob", "eve"].map(line).concat());
    project.expect(0, &["change", "propose", "rename", "--as", "ada", "--sign", "key-ada"]);
    says(&hands_over(&project, "bob", "eve", &[], 1), &["the delegation would not count: it is not signed"]);
    says(&hands_over(&project, "bob", "eve", &["--sign", "key-eve"], 1), &["not that of bob"]);
    hands_over(&project, "bob", "eve", &["--sign", "key-bob"], 0);
    let bob = decide(&project, 0, "bob", &["--sign", "key-bob"]);
    says(&bob, &["bob has handed the right to decide to eve"]);
    let reject =
        |key: &str| project.run(&["change", "reject", "rename", "--reason", "r", "--as", "eve", "--sign", key]);
    says(&reject("key-bob"), &["the signature would not count", "not that of eve"]);
    assert_eq!(reject("key-eve").code, Some(0));
    let standing = &show(&project)["standing"];
    assert_eq!((&standing["state"], &standing["decisions"][0]["signed"]), (&"rejected".into(), &true.into()));
    let eve = decide(&project, 0, "eve", &["--sign", "key-eve"]);
    assert_eq!(eve.code, Some(0), "{}", eve.both());
    project.expect(0, &["change", "apply", "rename", "--as", "ada"]);
}
