//! Nobody passes a gate by editing files, the ledger or the clock, or by being two.

use std::process::Command;

use crate::gate_rules::{approve, held, key, later, misdated, says};
use crate::process::{Paused, Process};
use crate::project::{Output, Project};

/// Whether there is a tool that writes to the ledger behind our back.
pub fn sql(project: &Project, text: &str) -> bool {
    let done = Command::new("sqlite3").arg(project.path(".plimsoll/ledger.db")).arg(text).output();
    match done {
        Ok(output) => {
            assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(_) => {
            eprintln!("sqlite3 is not here, so nobody edits the ledger");
            false
        }
    }
}

fn gate(project: &Project) -> String {
    project.json(3, &["gate", "list"])["gates"][0]["id"].as_str().unwrap().to_owned()
}

fn nothing_is_published(project: &Project) {
    assert_eq!(project.version("orders"), -1);
}

#[test]
fn an_edited_question_or_decision_is_found_out_by_approval_and_run() {
    for hand in [
        "UPDATE event SET body = replace(body, '\"rows_refused\":1', '\"rows_refused\":0') WHERE body LIKE '%stage_held%'",
        "UPDATE event SET body = replace(body, 'part-', 'qart-') WHERE body LIKE '%stage_held%'",
        "UPDATE event SET body = replace(body, '\"fingerprint\":\"sha256:', '\"fingerprint\":\"sha256:00') WHERE body LIKE '%stage_held%'",
        "UPDATE event SET time_ms = time_ms + 1 WHERE body LIKE '%stage_held%'",
        "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)",
    ] {
        let project = held("");
        if !sql(&project, hand) {
            return;
        }
        says(&approve(&project, 1, "ada"), &["the ledger was changed by another hand", "ledger verify"]);
        let run = project.run(&["run"]);
        assert_eq!(run.code, Some(1), "{hand}\n{}", run.both());
        assert_ne!(project.run(&["gate", "list"]).code, Some(0));
        nothing_is_published(&project);
    }
}

/// An event as the ledger would enter it, so that the chain is whole again. `dataset` and `gate` are what it is listed by; `lists` is
/// what else must be changed so that it counts, with `{seq}` for its number.
pub fn forge(project: &Project, body: &str, (dataset, gate): (&str, &str), lists: &str) -> bool {
    let query = "SELECT h.seq || ' ' || h.hash || ' ' || (SELECT max(time_ms) FROM event) FROM head h";
    let output = Command::new("sqlite3").arg(project.path(".plimsoll/ledger.db")).arg(query).output();
    let Ok(output) = output else { return false };
    let text = String::from_utf8(output.stdout).unwrap();
    let mut parts = text.split_whitespace();
    let (seq, hash, time) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let (seq, time): (u64, i64) = (seq.parse::<u64>().unwrap() + 1, time.parse().unwrap());
    let linked = contract::digest(format!("{hash}\n{seq}\n{time}\n{body}").as_bytes()).replace("sha256:", "");
    let quoted = body.replace('\'', "''");
    let lists = lists.replace("{seq}", &seq.to_string());
    sql(
        project,
        &format!(
            "INSERT INTO event VALUES ({seq}, {time}, NULL, {dataset}, {gate}, '{quoted}', '{linked}');
             {lists};
             UPDATE head SET seq = {seq}, hash = '{linked}';"
        ),
    )
}

#[test]
fn a_decision_that_somebody_wrote_into_the_ledger_counts_nothing_without_a_signature() {
    let project = held("[gates]\napprovers = [\"ada\"]\nallowed_signers = \"signers\"\n");
    if !key(&project, "ada") {
        return;
    }
    project.put("signers", format!("ada {}", project.read("key-ada.pub")));
    let shown = project.json(3, &["gate", "show", "orders"]);
    let (id, print) = (shown["id"].as_str().unwrap(), shown["fingerprint"].as_str().unwrap());
    let body = format!(
        "{{\"event\":\"gate_decided\",\"gate\":\"{id}\",\"dataset\":\"orders\",\"approved\":true,\"who\":\"ada\",\"reason\":\"fine\",\
         \"fingerprint\":\"{print}\"}}"
    );
    let gate = format!("'{}'", gate(&project));
    let lists = "UPDATE gate SET state = 'approved', decided_seq = {seq}";
    if !forge(&project, &body, ("'orders'", &gate), lists) {
        return;
    }
    project.expect(0, &["ledger", "verify"]);
    says(&project.expect(3, &["gate", "show", "orders"]), &["not counted", "not signed"]);
    project.expect(3, &["run"]);
    nothing_is_published(&project);
}

#[test]
fn a_row_of_the_folds_alone_decides_nothing() {
    let project = held("");
    if !sql(&project, "UPDATE gate SET state = 'approved'") {
        return;
    }
    project.expect(3, &["run"]);
    nothing_is_published(&project);
    assert_eq!(project.json(3, &["gate", "wait", "--timeout", "0"])["outcome"], "waiting");
    // One that was ended and is opened again.
    project.expect(0, &["gate", "reject", "orders", "--reason", "no", "--as", "ada"]);
    project.put("landing/1.csv", "id,amount\n1,10\n");
    project.expect(0, &["run"]);
    sql(
        &project,
        "UPDATE gate SET state = 'waiting'; UPDATE dataset SET gate = (SELECT id FROM gate) WHERE name = 'orders'",
    );
    let refused = project.run(&["run"]);
    assert_eq!(refused.code, Some(1), "{}", refused.both());
    says(&refused, &["is listed as open, and its events say that it is not"]);
}

#[test]
fn other_files_in_the_place_of_the_held_ones_are_not_published() {
    let other = held("");
    other.expect(0, &["gate", "reject", "orders", "--reason", "r", "--as", "ada"]);
    other.put("landing/1.csv", "id,amount\n1,99\n2,99\n3,99\n");
    other.expect(0, &["run"]);
    let foreign = other.read_bytes(&format!("warehouse/orders/{}", other.files("orders")[0]));
    for edit in ["other rows", "one bit", "gone"] {
        let project = held("");
        let file = format!("warehouse/orders/{}", project.files_on_disk("orders")[0]);
        let mut bytes = project.read_bytes(&file);
        match edit {
            "other rows" => project.put(&file, &foreign),
            "one bit" => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                project.put(&file, bytes);
            }
            _ => project.remove(&file),
        }
        let refused = approve(&project, 1, "ada");
        says(&refused, if edit == "gone" { &["is gone"] } else { &["holds other files than it was opened with"] });
        nothing_is_published(&project);
        says(&refused, &["the gate is void", "run again"]);
        assert_eq!(project.json(0, &["gate", "list"])["gates"], serde_json::json!([]), "{edit}");
        // The stage makes its result anew, and the same people are asked.
        project.expect(3, &["run"]);
        nothing_is_published(&project);
        approve(&project, 0, "ada");
        assert_eq!(project.count("orders"), 2, "{edit}");
        assert_eq!(crate::shop::orphans(&project), Vec::<String>::new(), "{edit}");
    }
}

/// Where the last approval was entered and the publication was interrupted, a run finds the other files.
#[test]
fn other_files_found_by_a_run_make_the_gate_void() {
    let project = held("");
    let id = gate(&project);
    crate::process::killed_at(&project, "decided", &["gate", "approve", &id, "--reason", "r", "--as", "ada"]);
    let file = format!("warehouse/orders/{}", project.files_on_disk("orders")[0]);
    let mut bytes = project.read_bytes(&file);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    project.put(&file, bytes);
    says(&project.expect(1, &["run"]), &["holds other files than it was opened with", "the gate is void"]);
    nothing_is_published(&project);
    project.expect(3, &["run"]);
    approve(&project, 0, "ada");
    assert_eq!(project.count("orders"), 2);
}

#[test]
fn a_fingerprint_that_is_no_longer_asked_about_decides_nothing() {
    let project = held("");
    let shown = project.json(3, &["gate", "show", "orders"]);
    let old = shown["fingerprint"].as_str().unwrap().to_owned();
    project.put_contract(
        "orders",
        &["name: id, logicalType: integer", "name: amount, logicalType: integer, logicalTypeOptions: { minimum: 20 }"],
        "",
    );
    says(&approve(&project, 1, "ada"), &["was edited since: its contract changed"]);
    says(&project.expect(3, &["gate", "show", "orders"]), &["was edited since"]);
    project.expect(3, &["run"]);
    let stale = ["gate", "approve", "orders", "--reason", "r", "--as", "ada", "--fingerprint", &old];
    says(&project.expect(1, &stale), &["is not the version", "look at it again"]);
    nothing_is_published(&project);
    let new = project.json(3, &["gate", "show", "orders"])["fingerprint"].as_str().unwrap().to_owned();
    project.expect(0, &["gate", "approve", "orders", "--reason", "r", "--as", "ada", "--fingerprint", &new[7..15]]);
}

#[test]
fn an_edited_pipeline_publishes_nothing_that_was_approved_before() {
    let project = held("[gates]\napprovers = [\"ada\", \"bob\"]\napprovals = 2\n");
    approve(&project, 3, "ada");
    project
        .put_pipeline(&["orders: { source: { files: 'landing/*.csv' }, table: { write: overwrite } }", "doubled: {}"]);
    says(&approve(&project, 1, "bob"), &["how its table is kept changed"]);
    project.expect(3, &["run"]);
    let shown = project.json(3, &["gate", "show", "orders"]);
    assert_eq!(shown["decisions"], serde_json::json!([]), "a new question");
    nothing_is_published(&project);
}

#[test]
fn a_contract_that_was_edited_by_hand_names_no_approvers() {
    let project = Project::new().pipeline(&["orders: { source: { files: 'landing/*.csv' } }"]);
    let roles = |names: &str| format!("roles:\n  - {{ role: reader, access: read, firstLevelApprovers: {names} }}\n");
    let columns = ["name: id, logicalType: integer, logicalTypeOptions: { minimum: 0 }"];
    project.put_contract("orders", &columns, &roles("ada"));
    project.put("landing/1.csv", "id\n1\n-1\n");
    project.expect(0, &["init"]);
    project.expect(3, &["run"]);
    project.put_contract("orders", &columns, &roles("eve"));
    says(&approve(&project, 1, "eve"), &["edited without a change", "no gate is decided by it"]);
    nothing_is_published(&project);
    project.put_contract("orders", &columns, &roles("ada"));
    approve(&project, 0, "ada");
}

#[test]
fn a_clock_that_is_put_back_decides_nothing() {
    let project = held("[gates]\nexpires_after = \"10d\"\n");
    for args in [
        &["gate", "approve", "orders", "--reason", "r", "--as", "ada"][..],
        &["gate", "reject", "orders", "--reason", "r", "--as", "ada"],
    ] {
        let early = misdated(&project, -1, args);
        assert_eq!(early.code, Some(1), "{}", early.both());
        says(&early, &["the clock of this machine says", "runs back"]);
    }
    // Looked at when it had expired, so a clock that is right again is one that was put back.
    assert_eq!(later(&project, 241, &["run"]).code, Some(3));
    says(&approve(&project, 1, "ada"), &["runs back"]);
    nothing_is_published(&project);
}

/// The machine has been up for two hours since, whatever its clock says.
#[test]
fn a_clock_that_is_put_back_makes_no_gate_younger() {
    let project = held("[gates]\nexpires_after = \"1h\"\n");
    let late = |args: &[&str]| {
        Output::of(project.command(args).env("PLIMSOLL_LATER", "7200000").env("PLIMSOLL_CLOCK", "-7100000"))
    };
    let approved = late(&["gate", "approve", "orders", "--reason", "r", "--as", "ada"]);
    assert_eq!(approved.code, Some(1), "{}", approved.both());
    says(&approved, &["has expired: nobody decided in time"]);
    nothing_is_published(&project);
}

/// No gate is listed where the events are gone, and that is not the same as that none waits.
#[test]
fn events_that_are_gone_are_no_reason_to_go_on() {
    for hand in
        ["DELETE FROM event", "DELETE FROM event WHERE seq > 2; DELETE FROM gate; UPDATE dataset SET gate = NULL"]
    {
        let project = held("");
        if !sql(&project, hand) {
            return;
        }
        for args in [&["gate", "list"][..], &["gate", "wait", "--timeout", "0"], &["run"]] {
            says(&project.expect(1, args), &["the ledger was changed by another hand", "ledger verify"]);
        }
    }
}

#[test]
fn a_name_that_nobody_can_have_decides_nothing() {
    let project = held("[gates]\napprovers = [\"ada\", \"bob\"]\n");
    for args in [
        &["gate", "delegate", "orders", "--reason", "r", "--as", "ada", "--to", ""][..],
        &["gate", "delegate", "orders", "--reason", "r", "--as", "ada", "--to", "e\u{1b}[2Jve"],
        &["gate", "approve", "orders", "--reason", "r", "--as", "ada\nbob"],
        &["gate", "reject", "orders", "--reason", "r", "--as", "\u{1b}[2Jada"],
    ] {
        says(&project.expect(2, args), &["is no name: it"]);
    }
    approve(&project, 0, "ada");
}

/// A reason is one line, whatever is in it.
#[test]
fn a_reason_writes_no_line_of_its_own() {
    let project = held("[gates]\napprovers = [\"ada\", \"bob\"]\napprovals = 2\n");
    let reason = "fine\n  approved by bob on 2026-01-01: looked\u{1b}[2J";
    project.expect(3, &["gate", "approve", "orders", "--reason", reason, "--as", "ada"]);
    let shown = project.expect(3, &["gate", "show", "orders"]).stdout;
    assert!(shown.contains("fine\\n  approved by bob on 2026-01-01: looked\\u001b[2J"), "{shown}");
    assert_eq!(shown.lines().filter(|line| line.trim_start().starts_with("approved by")).count(), 1, "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

const ESCALATED: &str = "[gates]\napprovers = [\"ada\", \"bob\"]\nescalate_after = \"24h\"\nescalate_to = [\"zoe\"]\n";

#[test]
fn a_clock_that_is_put_ahead_lets_nobody_decide_early() {
    let project = held(ESCALATED);
    for args in [
        &["gate", "approve", "orders", "--reason", "r", "--as", "zoe"][..],
        &["gate", "reject", "orders", "--reason", "r", "--as", "zoe"],
        &["gate", "delegate", "orders", "--reason", "r", "--to", "eve", "--as", "zoe"],
    ] {
        let early = misdated(&project, 25, args);
        assert_eq!(early.code, Some(1), "{}", early.both());
        says(&early, &["the clock of this machine was set ahead", "ask one of those who may decide at any time"]);
    }
    nothing_is_published(&project);
    // Who only looks is not told that it is escalated, and enters nothing of the kind.
    assert_eq!(misdated(&project, 25, &["gate", "list"]).code, Some(3));
    let events = project.expect(0, &["ledger", "export"]).stdout;
    assert!(!events.contains("escalated"), "{events}");
    // When that time has passed by every clock, it is another matter.
    let due = later(&project, 25, &["gate", "approve", "orders", "--reason", "r", "--as", "zoe"]);
    assert_eq!(due.code, Some(0), "{}", due.both());
}

#[test]
fn what_is_dated_in_the_future_is_named_and_settled_by_somebody() {
    let project = held("[gates]\napprovers = [\"ada\", \"bob\"]\napprovals = 2\n");
    assert_eq!(misdated(&project, 25, &["gate", "approve", "orders", "--reason", "r", "--as", "bob"]).code, Some(3));
    says(&approve(&project, 1, "ada"), &["runs back", "the ledger has an event of", "settle-clock"]);
    for (verb, code) in [(&["status"][..], 0), (&["run"], 3), (&["ledger", "verify"], 0)] {
        says(&project.expect(code, verb), &["of the ledger is dated", "no gate is opened or decided", "settle-clock"]);
        assert_eq!(project.json(code, verb)["ahead"]["events"], 1, "{verb:?}");
    }
    let settle = |who: &str, code: i32| {
        project.expect(code, &["ledger", "settle-clock", "--reason", "the runner had no time server", "--as", who])
    };
    says(&settle("eve", 1), &["eve is not among those who may approve it: ada, bob"]);
    says(&settle("ada", 0), &["1 event from the future", "is void", "asks anew"]);
    says(&settle("ada", 2), &["no event of the ledger is dated in the future"]);
    assert_eq!(project.json(0, &["status"])["ahead"], serde_json::Value::Null);
    project.expect(0, &["ledger", "verify"]);
    nothing_is_published(&project);
    // The question is asked anew, and what was said by the wrong clock is not among its decisions.
    project.expect(3, &["run"]);
    assert_eq!(project.json(3, &["gate", "show", "orders"])["decisions"], serde_json::json!([]));
    approve(&project, 3, "ada");
    approve(&project, 0, "bob");
    assert_eq!(project.count("orders"), 2);
}

#[test]
fn a_run_by_a_clock_that_was_ahead_is_no_dead_end() {
    let project = Project::new()
        .contract("orders", &["name: id, logicalType: integer, logicalTypeOptions: { minimum: 0 }"])
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }"])
        .write("landing/1.csv", "id\n1\n-1\n");
    assert_eq!(misdated(&project, 1000, &["run"]).code, Some(3));
    says(&approve(&project, 1, "ada"), &["runs back"]);
    project.expect(0, &["ledger", "settle-clock", "--reason", "the clock was wrong"]);
    project.expect(3, &["run"]);
    approve(&project, 0, "ada");
    project.put("landing/2.csv", "id\n2\n-1\n");
    project.expect(3, &["run"]);
    approve(&project, 0, "ada");
}

#[test]
fn two_who_decide_at_once_publish_once() {
    for settings in ["", "[gates]\napprovers = [\"ada\", \"bob\"]\napprovals = 2\n"] {
        let project = held(settings);
        let id = gate(&project);
        let start = |who: &str| Process::start(&project, &["gate", "approve", &id, "--reason", "r", "--as", who]);
        let (ada, bob) = (start("ada"), start("bob"));
        let codes: Vec<Option<i32>> = [ada.end(), bob.end()].iter().map(|output| output.code).collect();
        // Whoever finds the other at work is told so, and tries again.
        for (who, code) in ["ada", "bob"].iter().zip(&codes) {
            if *code == Some(1) {
                project.run(&["gate", "approve", &id, "--reason", "r", "--as", who]);
            }
        }
        assert_eq!(project.version("orders"), 0, "{codes:?}");
        assert_eq!(project.count("orders"), 2);
        project.expect(0, &["ledger", "verify"]);
    }
}

#[test]
fn a_run_and_an_approval_do_not_overlap() {
    let project = held("");
    let id = gate(&project);
    let paused = Paused::at(&project, "decided", &["gate", "approve", &id, "--reason", "r", "--as", "ada"]);
    let run = project.run(&["run"]);
    assert_eq!(run.code, Some(1), "{}", run.both());
    nothing_is_published(&project);
    assert_eq!(paused.resume().code, Some(0));
    assert_eq!(project.count("orders"), 2);

    let project = held("");
    let id = gate(&project);
    project.put_contract("other", &["name: id, logicalType: integer"], "");
    project.put("elsewhere/1.csv", "id\n4\n");
    project.put_pipeline(&[
        "orders: { source: { files: 'landing/*.csv' } }",
        "doubled: {}",
        "other: { source: { files: 'elsewhere/*.csv' } }",
    ]);
    let paused = Paused::at(&project, "run_started", &["run", "small"]);
    let refused: Output = project.run(&["gate", "approve", &id, "--reason", "r", "--as", "ada"]);
    assert_eq!(refused.code, Some(1), "{}", refused.both());
    paused.resume();
    approve(&project, 0, "ada");
    assert_eq!(project.count("orders"), 2);
}

#[test]
fn an_approval_that_died_before_it_published_is_looked_at_anew() {
    let project = held("[gates]\napprovers = [\"ada\"]\n");
    let id = gate(&project);
    let died =
        crate::process::killed_at(&project, "decided", &["gate", "approve", &id, "--reason", "r", "--as", "ada"]);
    assert!(died.is_none());
    // Whoever may no longer approve does not count any more.
    project.edit("plimsoll.toml", "\"ada\"", "\"bob\"");
    project.expect(3, &["run"]);
    nothing_is_published(&project);
    says(
        &project.expect(3, &["gate", "show", "orders"]),
        &["not counted: ada is not among those", "when the gate opened it was"],
    );
    project.edit("plimsoll.toml", "\"bob\"", "\"ada\"");
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 2);
}

#[test]
fn a_gate_is_not_made_older_than_it_is() {
    let project = held("[gates]\napprovers = [\"ada\"]\nescalate_after = \"24h\"\nescalate_to = [\"zoe\"]\n");
    approve(&project, 0, "ada");
    project.put("landing/2.csv", "id,amount\n4,-4\n");
    let early = misdated(&project, -48, &["run"]);
    assert_eq!(early.code, Some(1), "{}", early.both());
    says(&early, &["no gate is opened or decided by a clock that runs back"]);
    assert_eq!(project.count("orders"), 2);
}
