//! Who may decide on a gate: names and numbers of the project, levels of the contract, delegation, escalation, expiry, signatures.

use std::process::Command;

use serde_json::Value;

use crate::project::{Output, Project, dataset};

const HOUR_MS: i64 = 3_600_000;

const COLUMNS: [&str; 2] = [
    "name: id, logicalType: integer, required: true, primaryKey: true",
    "name: amount, logicalType: integer, required: true, logicalTypeOptions: { minimum: 0 }",
];

/// One row in three is refused; `settings` follow those that every project has.
pub fn held(settings: &str) -> Project {
    let project = Project::new()
        .contract("orders", &COLUMNS)
        .contract("doubled", &["name: id, logicalType: integer", "name: amount, logicalType: integer"])
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }", "doubled: {}"])
        .write("models/doubled.sql", "SELECT id, 2 * amount AS amount FROM orders\n")
        .write("landing/1.csv", "id,amount\n1,10\n2,-1\n3,30\n");
    let text = project.read("plimsoll.toml");
    project.put("plimsoll.toml", format!("{text}{settings}"));
    project.expect(3, &["run"]);
    project
}

pub fn approve(project: &Project, code: i32, who: &str) -> Output {
    project.expect(code, &["gate", "approve", "orders", "--reason", "looked", "--as", who])
}

pub fn says(output: &Output, words: &[&str]) {
    let text = output.both().split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(text.contains(word), "{word:?} is not said:\n{}", output.both());
    }
}

/// The binary so many hours later.
pub fn later(project: &Project, hours: i64, args: &[&str]) -> Output {
    Output::of(project.command(args).env("PLIMSOLL_LATER", (hours * HOUR_MS).to_string()))
}

/// The binary on a machine whose clock somebody has set ahead by so many hours, or with a minus back.
pub fn misdated(project: &Project, hours: i64, args: &[&str]) -> Output {
    Output::of(project.command(args).env("PLIMSOLL_CLOCK", (hours * HOUR_MS).to_string()))
}

fn expect_later(project: &Project, hours: i64, code: i32, args: &[&str]) -> Output {
    let output = later(project, hours, args);
    assert_eq!(output.code, Some(code), "{hours} hours later: plimsoll {}\n{}", args.join(" "), output.both());
    output
}

fn events(project: &Project, word: &str) -> usize {
    let printed = project.expect(0, &["ledger", "export"]).stdout;
    printed.lines().filter(|line| line.contains(word)).count()
}

#[test]
fn as_many_of_those_named_as_the_project_says() {
    let project = held("[gates]\napprovers = [\"ada\", \"bob\", \"cyd\"]\napprovals = 2\n");
    says(&project.expect(3, &["gate", "show", "orders"]), &["2 of ada, bob, cyd", "missing 2 of 2 approvals"]);
    says(&approve(&project, 1, "eve"), &["eve is not among those who may approve it: ada, bob, cyd"]);
    let first = project.json(3, &["gate", "approve", "orders", "--reason", "looked", "--as", "Ada"]);
    assert_eq!((&first["state"], &first["version"]), (&"waiting".into(), &Value::Null));
    says(&approve(&project, 3, "ada"), &["still waits", "1 of 2 approvals"]);
    assert_eq!(project.version("orders"), -1, "one person is one person");
    let run = project.json(3, &["run"]);
    assert_eq!(dataset(&run, "orders")["action"], "waiting");
    assert_eq!(project.json(3, &["gate", "wait", "--timeout", "0"])["outcome"], "waiting");
    says(&approve(&project, 0, "bob"), &["published as version 0"]);
    assert_eq!(project.count("orders"), 2);
    let shown = project
        .json(0, &["gate", "show", project.json(0, &["gate", "list", "--all"])["gates"][0]["id"].as_str().unwrap()]);
    assert_eq!(shown["decisions"].as_array().unwrap().len(), 2);
}

#[test]
fn one_rejection_of_those_named_is_enough_and_one_of_a_stranger_is_none() {
    let project = held("[gates]\napprovers = [\"ada\", \"bob\"]\napprovals = 2\n");
    let reject = |who: &str, code: i32| {
        project.expect(code, &["gate", "reject", "orders", "--reason", "ask the shop", "--as", who])
    };
    approve(&project, 3, "ada");
    says(&reject("eve", 1), &["eve is not among those"]);
    assert!(!project.files_on_disk("orders").is_empty());
    reject("bob", 0);
    assert_eq!(project.files_on_disk("orders"), Vec::<String>::new());
}

#[test]
fn a_kind_has_its_own_rule_and_the_names_of_changes_serve_for_gates() {
    let project = held("[changes]\napprovers = [\"ada\"]\n");
    says(&approve(&project, 1, "bob"), &["not among those who may approve it: ada"]);
    approve(&project, 0, "ada");
    let project = held("[gates]\napprovers = [\"ada\"]\n[gates.data-quality]\napprovers = [\"bob\"]\n");
    says(&approve(&project, 1, "ada"), &["bob"]);
    approve(&project, 0, "bob");
}

#[test]
fn the_contract_names_those_of_both_levels() {
    let project = Project::new().pipeline(&["orders: { source: { files: 'landing/*.csv' } }"]);
    let roles =
        "roles:\n  - { role: reader, access: read, firstLevelApprovers: \"ada, bob\", secondLevelApprovers: dan }\n";
    project.put_contract("orders", &COLUMNS, roles);
    project.put("landing/1.csv", "id,amount\n1,10\n2,-1\n3,30\n");
    project.expect(3, &["run"]);
    says(&approve(&project, 1, "eve"), &["ada, bob, dan"]);
    says(&approve(&project, 3, "ada"), &["one second level approver of orders.odcs.yaml: dan"]);
    says(&approve(&project, 3, "bob"), &["second level"]);
    approve(&project, 0, "dan");
    assert_eq!(project.count("orders"), 2);
}

#[test]
fn a_right_is_handed_over_and_taken_back() {
    let project = held("[gates]\napprovers = [\"ada\", \"bob\"]\napprovals = 2\n");
    let delegate = |from: &str, to: &str, more: &[&str], code: i32| {
        let args = [&["gate", "delegate", "orders", "--to", to, "--reason", "away", "--as", from][..], more].concat();
        project.expect(code, &args)
    };
    says(&delegate("zoe", "eve", &[], 1), &["zoe has no right to hand over"]);
    says(&delegate("ada", "eve", &["--until", "yesterday"], 2), &["no day"]);
    says(&delegate("ada", "eve", &["--until", "2020-01-01"], 2), &["ended already"]);
    says(&delegate("ada", "eve", &["--until", "2999-12-31"], 0), &["eve decides on", "for ada until 2999-12-31"]);
    says(&delegate("eve", "fay", &[], 1), &["eve has no right to hand over"]);
    says(&delegate("bob", "ada", &[], 1), &["ada has handed their own right to eve"]);
    says(&approve(&project, 1, "ada"), &["ada has handed the right to decide to eve"]);
    says(&delegate("ada", "ada", &[], 0), &["ada decides on", "again"]);
    says(&approve(&project, 1, "eve"), &["eve is not among those"]);
    delegate("ada", "eve", &[], 0);
    approve(&project, 3, "eve");
    says(
        &project.expect(3, &["gate", "show", "orders"]),
        &["ada hands the right to eve: away", "approved by eve for ada"],
    );
    approve(&project, 0, "bob");
    assert_eq!(events(&project, "\"delegated\""), 3);

    let project = held("");
    let nobody = project.expect(1, &["gate", "delegate", "orders", "--to", "eve", "--reason", "away", "--as", "ada"]);
    says(&nobody, &["nobody is named as approver"]);
}

#[test]
fn nobody_decides_for_a_while_and_others_may() {
    let project = held("[gates]\napprovers = [\"ada\"]\nescalate_after = \"24h\"\nescalate_to = [\"zoe\"]\n");
    says(&approve(&project, 1, "zoe"), &["zoe may decide only when it is escalated"]);
    says(&project.expect(3, &["gate", "list"]), &["waiting"]);
    assert_eq!(events(&project, "\"escalated\""), 0);
    for _ in 0..2 {
        says(&expect_later(&project, 25, 3, &["gate", "list"]), &["escalated"]);
    }
    expect_later(&project, 25, 0, &["status"]);
    expect_later(&project, 25, 3, &["run"]);
    says(&expect_later(&project, 25, 3, &["gate", "show", "orders"]), &["waiting, escalated to zoe"]);
    assert_eq!(events(&project, "\"escalated\""), 1, "once, however many look");
    let by = |who: &str, code: i32| {
        expect_later(&project, 25, code, &["gate", "approve", "orders", "--reason", "looked", "--as", who])
    };
    by("eve", 1);
    by("zoe", 0);
    assert_eq!(project.count("orders"), 2);
}

#[test]
fn an_expired_gate_is_decided_by_nobody_and_its_stage_runs_again() {
    let project = held("[gates]\nexpires_after = \"10d\"\n");
    let id = project.json(3, &["gate", "list"])["gates"][0]["id"].as_str().unwrap().to_owned();
    let before = project.files_on_disk("orders");
    let hours = 241;
    says(&expect_later(&project, hours, 0, &["gate", "list"]), &["expired"]);
    let approve = ["gate", "approve", &id, "--reason", "late", "--as", "ada"];
    says(&expect_later(&project, hours, 1, &approve), &["has expired", "run again"]);
    says(&expect_later(&project, hours, 1, &["gate", "wait", &id]), &["expired"]);
    expect_later(&project, hours, 3, &["run"]);
    let after = project.files_on_disk("orders");
    assert!(!after.is_empty() && before.iter().all(|file| !after.contains(file)), "{before:?} {after:?}");
    assert_eq!(events(&project, "\"expired\""), 1);
    says(&expect_later(&project, hours, 2, &approve), &["expired already"]);
    let fresh = expect_later(&project, hours, 0, &["gate", "approve", "orders", "--reason", "now", "--as", "ada"]);
    says(&fresh, &["published as version 0"]);
    project.expect(0, &["ledger", "verify"]);
}

#[test]
fn a_name_alone_decides_in_development_only() {
    let project = held("");
    let settings = project.read("plimsoll.toml");
    project.put("plimsoll.toml", settings.replace("development", "production"));
    let refused = approve(&project, 1, "ada");
    says(&refused, &["a name alone proves nothing outside of a development environment", "allowed_signers"]);
    project.put("plimsoll.toml", settings.replace("environment = \"development\"\n", ""));
    approve(&project, 1, "ada");
    assert_eq!(project.version("orders"), -1);
    project.put("plimsoll.toml", settings);
    approve(&project, 0, "ada");
}

/// Whether there is a tool that makes keys.
pub fn key(project: &Project, name: &str) -> bool {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
        .arg(project.path(&format!("key-{name}")))
        .output();
    let is_made = made.is_ok_and(|output| output.status.success());
    if !is_made {
        eprintln!("ssh-keygen is not here, so no decision is signed");
    }
    is_made
}

#[test]
fn where_signers_are_named_every_word_is_signed() {
    let project = held("[gates]\napprovers = [\"ada\", \"bob\"]\nallowed_signers = \"signers\"\n");
    if !["ada", "bob", "eve"].iter().all(|name| key(&project, name)) {
        return;
    }
    let line = |name: &str| format!("{name} namespaces=\"plimsoll-gate\" {}", project.read(&format!("key-{name}.pub")));
    project.put("signers", ["ada", "bob", "eve"].map(line).concat());
    let gate = |verb: &[&str], code: i32| {
        let args = [&["gate"][..], verb, &["--reason", "looked"]].concat();
        project.expect(code, &args)
    };
    says(&gate(&["approve", "orders", "--as", "ada"], 1), &["would not count", "not signed", "--sign"]);
    says(&gate(&["approve", "orders", "--as", "ada", "--sign", "key-eve"], 1), &["not that of ada"]);
    says(&gate(&["reject", "orders", "--as", "ada"], 1), &["the rejection would not count"]);
    says(&gate(&["delegate", "orders", "--to", "eve", "--as", "bob"], 1), &["the delegation would not count"]);
    gate(&["delegate", "orders", "--to", "eve", "--as", "bob", "--sign", "key-bob"], 0);
    gate(&["approve", "orders", "--as", "eve", "--sign", "key-eve"], 0);
    assert_eq!(project.count("orders"), 2);
}

#[test]
fn the_commands_of_the_guide_on_gates_run() {
    let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/gates.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let project = Project::flights();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().unwrap().to_owned();
    let blocks = guide.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut ran = 0;
    for line in blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ ")) {
        if line.contains("key") && !key(&project, "somebody") {
            continue;
        }
        let path = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<_>>();
        let path = std::env::join_paths(std::iter::once(program.clone()).chain(path)).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(project.root());
        let mut command = project.command(&[]);
        shell.envs(command.env("PATH", path).get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = Output::of(&mut shell);
        assert_eq!(output.code, Some(0), "{line}\n{}", output.both());
        ran += 1;
    }
    assert!(ran >= 10, "{ran} commands");
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing");
}

/// `run || gate wait && deploy` must not deploy what nobody let go.
#[test]
fn whoever_waits_for_no_gate_in_particular_hears_of_rejection_and_expiry() {
    let project = held("[gates]\nexpires_after = \"10d\"\n");
    let expired = later(&project, 241, &["gate", "wait", "--timeout", "0"]);
    assert_eq!(expired.code, Some(1), "{}", expired.both());
    says(&expired, &["expired"]);
    project.expect(0, &["gate", "reject", "orders", "--reason", "no", "--as", "ada"]);
    let report = project.json(1, &["gate", "wait", "--timeout", "0"]);
    assert_eq!(report["outcome"], "rejected", "{report}");
    project.expect(3, &["run"]);
    says(&project.expect(1, &["gate", "wait"]), &["rejected"]);
    says(&project.expect(1, &["gate", "wait", "orders"]), &["orders rejected"]);
    says(&project.expect(0, &["gate", "show", "orders"]), &["rejected by ada"]);
    // It holds nothing up any more: other data came, or the project says something else.
    project.put("landing/1.csv", "id,amount\n1,10\n2,20\n");
    says(&project.expect(0, &["gate", "wait"]), &["nothing waits"]);
    project.expect(0, &["run"]);
    says(&project.expect(0, &["gate", "wait"]), &["nothing waits"]);
}

/// Who is asked for is who can still answer.
#[test]
fn what_is_missing_names_delegates_and_those_it_is_escalated_to() {
    let settings = "[gates]\napprovers = [\"ada\", \"bob\", \"cyd\"]\napprovals = 2\nescalate_after = \"24h\"\nescalate_to = [\"zoe\"]\n";
    let project = held(settings);
    approve(&project, 3, "ada");
    says(&project.expect(3, &["gate", "show", "orders"]), &["missing 1 of 2 approvals, from bob, cyd"]);
    project.expect(0, &["gate", "delegate", "orders", "--to", "eve", "--reason", "away", "--as", "bob"]);
    says(&project.expect(3, &["gate", "show", "orders"]), &["missing 1 of 2 approvals, from eve for bob, cyd"]);
    says(
        &expect_later(&project, 25, 3, &["gate", "show", "orders"]),
        &["from eve for bob, cyd; as it is escalated, also from zoe"],
    );
}
