//! The life of a change of contracts: written, checked, decided on, put in force, undone; also under edits, races and crashes.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{Process, killed_at};
use crate::project::{Output, Project};

pub const PRODUCTS: &str = "openspec/specs/flights/flights.odcs.yaml";
const SPEC: &str = "openspec/specs/flights/spec.md";

/// The example with a contract that names no approvers, and pinned as it then is.
pub fn flights() -> Project {
    let project = Project::flights();
    let text = project.read(PRODUCTS);
    let (before, roles) = text.split_once("\nroles:\n").unwrap();
    let after: Vec<&str> = roles.lines().skip_while(|line| line.starts_with([' ', '#'])).collect();
    let without = format!("{before}\n{}", after.join("\n"));
    let hex = |text: &str| contract::digest(text.as_bytes()).replace("sha256:", "");
    project.edit(SPEC, &hex(&text), &hex(&without));
    project.put(PRODUCTS, without);
    project
}

/// The contract of the flights with a column renamed: breaking for those who read.
pub fn renamed(project: &Project) -> String {
    let text = project.read(PRODUCTS);
    assert!(text.contains("- name: arrival_delay\n"), "the example has another contract now");
    text.replace("- name: arrival_delay\n", "- name: arrival_delay_minutes\n")
}

/// A column that nobody has to read.
pub fn added(project: &Project, name: &str) -> String {
    let text = project.read(PRODUCTS);
    text.replace(
        "      - name: arrival_delay\n",
        &format!("      - {{ name: {name}, logicalType: string }}\n      - name: arrival_delay\n"),
    )
}

pub fn propose(project: &Project, id: &str, text: &str, author: &str) -> Output {
    project.put("new.odcs.yaml", text);
    project.expect(0, &["change", "new", id, "--from", "new.odcs.yaml", "--as", author])
}

/// By somebody who has looked at all that it breaks.
pub fn approve(project: &Project, id: &str, who: &str) {
    let breaks = project.json(0, &["change", "show", id])["breaks"].as_array().unwrap().len().to_string();
    project.expect(0, &["change", "approve", id, "--reason", "looked at it", "--breaks", &breaks, "--as", who]);
}

fn says(output: &Output, words: &[&str]) {
    let text = output.both();
    for word in words {
        assert!(text.contains(word), "{word:?} is not said:\n{text}");
    }
}

fn codes(report: &Value) -> Vec<String> {
    let found = report["diagnostics"].as_array().or(report["findings"].as_array()).unwrap();
    let errors = found.iter().filter(|found| found["level"] == "error");
    errors.map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_breaking_change_from_proposal_to_rollback() {
    let project = flights();
    let before = (project.read(PRODUCTS), project.read(SPEC));
    let output = propose(&project, "rename-arrival-delay", &renamed(&project), "ada");
    says(&output, &["so it says that now", "2.0.0", "models/daily_delay.sql", "breaking", "plimsoll change approve"]);
    let report = project.json(0, &["change", "show", "rename-arrival-delay"]);
    assert_eq!(report["breaking"], true);
    assert_eq!(report["state"], "waiting");
    let readers: Vec<&str> =
        report["impact"].as_array().unwrap().iter().map(|impact| impact["model"].as_str().unwrap()).collect();
    assert!(readers.contains(&"models/daily_delay.sql"), "{readers:?}");
    project.expect(0, &["change", "validate", "rename-arrival-delay"]);

    says(&project.expect(3, &["change", "apply", "rename-arrival-delay", "--as", "ada"]), &["missing", "but ada"]);
    let own = project.expect(1, &["change", "approve", "rename-arrival-delay", "--reason", "mine", "--as", "Ada"]);
    says(&own, &["somebody else must approve"]);
    says(
        &project.expect(2, &["change", "approve", "rename-arrival-delay", "--reason", " ", "--as", "bob"]),
        &["needs a reason"],
    );
    approve(&project, "rename-arrival-delay", "bob");
    assert_eq!((project.read(PRODUCTS), project.read(SPEC)), before, "an approval changes nothing yet");
    says(&project.expect(0, &["change", "apply", "rename-arrival-delay", "--as", "ada"]), &["is in force"]);
    assert!(project.read(PRODUCTS).contains("arrival_delay_minutes"));
    assert!(project.read(SPEC).contains("### Requirement: Data contract flights 2.0.0"));
    assert!(!project.path("openspec/changes/rename-arrival-delay").exists());
    project.expect(0, &["change", "apply", "rename-arrival-delay", "--as", "ada"]);
    let found = codes(&project.json(2, &["check"]));
    assert!(!found.iter().any(|code| code.starts_with("PL4")), "the models must follow, the pins are right: {found:?}");

    project
        .expect(0, &["change", "rollback", "rename-arrival-delay", "--reason", "readers are not ready", "--as", "bob"]);
    assert_eq!((project.read(PRODUCTS), project.read(SPEC)), before);
    project.expect(0, &["check"]);
    let again = project.json(3, &["change", "apply", "rename-arrival-delay", "--as", "ada"]);
    assert_eq!(again["state"], "waiting", "its approvals are void");
    project.expect(2, &["change", "rollback", "rename-arrival-delay", "--reason", "twice", "--as", "bob"]);
}

#[test]
fn an_edit_voids_the_approval_and_says_so() {
    let project = flights();
    propose(&project, "rename", &renamed(&project), "ada");
    approve(&project, "rename", "bob");
    let digest = project.json(0, &["change", "show", "rename"])["digest"].clone();
    project.edit("openspec/changes/rename/tasks.md", "- [ ] 1.2", "- [x] 1.2");
    assert_eq!(project.json(0, &["change", "show", "rename"])["state"], "approved", "ticking is no edit");
    project.edit("openspec/changes/rename/proposal.md", "## Why\n", "## Why\n\nBecause I say so.\n");
    let refused = project.expect(3, &["change", "apply", "rename", "--as", "ada"]);
    says(&refused, &["void", "bob", &digest.as_str().unwrap()[..12]]);
    let by_hand = project.expect(1, &["change", "approve", "rename", "--reason", "again", "--as", "bob"]);
    says(&by_hand, &["nobody stands behind", "plimsoll change propose rename"]);
    project.expect(0, &["change", "propose", "rename", "--as", "cyd"]);
    let author = project.expect(1, &["change", "approve", "rename", "--reason", "again", "--as", "cyd"]);
    says(&author, &["somebody else"]);
    let stale =
        ["change", "approve", "rename", "--reason", "again", "--as", "bob", "--digest", digest.as_str().unwrap()];
    says(&project.expect(1, &stale), &["no longer the version"]);
    approve(&project, "rename", "bob");
    project.expect(0, &["change", "reject", "rename", "--reason", "no", "--as", "dan"]);
    says(&project.expect(1, &["change", "apply", "rename", "--as", "ada"]), &["rejected"]);
    approve(&project, "rename", "dan");
    project.expect(0, &["change", "apply", "rename", "--as", "ada"]);
}

#[test]
fn several_people_from_the_project_and_from_the_contract_must_agree() {
    let project = flights();
    let settings = project.read("plimsoll.toml");
    project.put(
        "plimsoll.toml",
        format!("{settings}\n[changes]\napprovers = [\"bob\", \"cyd\"]\nbreaking_approvals = 2\n"),
    );
    let roles =
        "roles:\n  - { role: reader, access: read, firstLevelApprovers: \"dan, eve\", secondLevelApprovers: fay }\n";
    // The contract in force says who approves, not the one that is proposed.
    propose(&project, "add-roles", &format!("{}{roles}", project.read(PRODUCTS)), "ada");
    says(
        &project.expect(1, &["change", "approve", "add-roles", "--reason", "r", "--as", "zoe"]),
        &["not among those", "bob, cyd"],
    );
    approve(&project, "add-roles", "bob");
    project.expect(0, &["change", "apply", "add-roles", "--as", "ada"]);
    let without = renamed(&project).replace(roles, "");
    propose(&project, "rename", &without, "ada");
    for (who, code) in [("bob", 3), ("cyd", 3), ("dan", 3), ("fay", 0)] {
        approve(&project, "rename", who);
        project.expect(code, &["change", "apply", "rename", "--as", "ada"]);
    }
}

#[test]
fn the_second_of_two_changes_is_told_what_to_do() {
    let project = flights();
    propose(&project, "first", &added(&project, "gate"), "ada");
    propose(&project, "second", &added(&project, "terminal"), "ada");
    let listed = project.json(0, &["change", "list"]);
    assert_eq!(listed["changes"].as_array().unwrap().len(), 2);
    for id in ["first", "second"] {
        approve(&project, id, "bob");
    }
    project.expect(0, &["change", "apply", "first", "--as", "ada"]);
    let before = project.read(PRODUCTS);
    says(&project.expect(1, &["change", "apply", "second", "--as", "ada"]), &["PL421", "--replace"]);
    assert_eq!(project.read(PRODUCTS), before, "nothing is overwritten");
    project.put("new.odcs.yaml", added(&project, "terminal"));
    project.expect(0, &["change", "new", "second", "--from", "new.odcs.yaml", "--replace", "--as", "ada"]);
    approve(&project, "second", "bob");
    project.expect(0, &["change", "apply", "second", "--as", "ada"]);
    assert!(project.read(PRODUCTS).contains("gate") && project.read(PRODUCTS).contains("terminal"));
    says(&project.expect(1, &["change", "rollback", "first", "--reason", "r", "--as", "bob"]), &["rollback second"]);
    project.expect(0, &["change", "rollback", "second", "--reason", "r", "--as", "bob"]);
    project.expect(0, &["change", "rollback", "first", "--reason", "r", "--as", "bob"]);
    project.expect(0, &["check"]);
}

#[test]
fn a_decision_that_was_changed_in_the_ledger_is_not_believed() {
    let project = flights();
    propose(&project, "rename", &renamed(&project), "ada");
    project.expect(0, &["change", "reject", "rename", "--reason", "no", "--as", "bob"]);
    let ledger = project.read_bytes(".plimsoll/ledger.db");
    let (from, to) = (br#""kind":"rejected""#, br#""kind":"approved""#);
    let at = ledger.windows(from.len()).position(|window| window == from).unwrap();
    let mut forged = ledger.clone();
    forged[at..at + to.len()].copy_from_slice(to);
    project.put(".plimsoll/ledger.db", forged);
    says(&project.expect(1, &["change", "apply", "rename", "--as", "ada"]), &["changed by another hand", "event 2"]);
    assert!(!project.read(PRODUCTS).contains("arrival_delay_minutes"));
}

#[test]
fn approvals_can_be_asked_to_carry_a_signature() {
    let project = flights();
    for name in ["ada", "bob", "eve"] {
        let key = project.path(&format!("key-{name}"));
        let made =
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key).output();
        if !made.is_ok_and(|output| output.status.success()) {
            eprintln!("ssh-keygen is not here, so no decision is signed");
            return;
        }
    }
    let line =
        |name: &str| format!("{name} namespaces=\"plimsoll-change\" {}", project.read(&format!("key-{name}.pub")));
    project.put("approvers.signers", line("ada") + &line("bob"));
    let settings = project.read("plimsoll.toml");
    propose(&project, "rename", &renamed(&project), "ada");
    // Given before signatures were asked for, and so not counted afterwards.
    approve(&project, "rename", "cyd");
    project.put("plimsoll.toml", format!("{settings}\n[changes]\nallowed_signers = \"approvers.signers\"\n"));
    says(&project.expect(3, &["change", "apply", "rename", "--as", "ada"]), &["not counted", "not signed", "missing"]);
    let breaks = project.json(0, &["change", "show", "rename"])["breaks"].as_array().unwrap().len().to_string();
    let approve = |who: &str, key: &[&str], code: i32| {
        let args = ["change", "approve", "rename", "--reason", "looked", "--breaks", &breaks, "--as", who];
        project.expect(code, &[&args[..], key].concat())
    };
    says(&approve("bob", &[], 1), &["would not count", "not signed", "--sign"]);
    says(&approve("bob", &["--sign", "key-eve"], 1), &["would not count", "not that of bob"]);
    says(&approve("eve", &["--sign", "key-eve"], 1), &["not that of eve"]);
    says(&approve("bob", &["--sign", "nowhere"], 2), &["cannot be signed"]);
    approve("bob", &["--sign", "key-bob"], 0);
    says(&project.expect(0, &["change", "show", "rename"]), &["approved by bob", "signed", "1 of 2 approvals"]);
    project.expect(0, &["change", "propose", "rename", "--as", "ada", "--sign", "key-ada"]);
    project.expect(0, &["change", "apply", "rename", "--as", "ada"]);
}

#[test]
fn a_change_that_waits_is_a_gate_like_any_other() {
    let project = flights();
    project.expect(0, &["gate", "list"]);
    propose(&project, "add-gate", &added(&project, "gate"), "ada");
    let gates = project.json(3, &["gate", "list"]);
    let gate = &gates["gates"][0];
    assert_eq!((&gate["id"], &gate["kind"]), (&"add-gate".into(), &"contract-update".into()));
    assert_eq!(gate["fingerprint"], project.json(0, &["change", "show", "add-gate"])["digest"]);
    says(&project.expect(3, &["gate", "list"]), &["contract-update", "1.0.0 → 1.1.0 (safe)"]);
    says(&project.expect(3, &["gate", "show", "add-gate"]), &["missing"]);
    says(&project.expect(2, &["gate", "show", "nothing"]), &["there is no gate"]);
    project.expect(0, &["gate", "approve", "add-gate", "--reason", "fine", "--breaks", "1", "--as", "bob"]);
    project.expect(0, &["gate", "list"]);
    project.expect(0, &["change", "apply", "add-gate", "--as", "ada"]);
}

#[test]
fn a_contract_that_was_edited_by_hand_does_not_run() {
    let project = flights();
    project.edit(PRODUCTS, "maximum: 600", "maximum: 700");
    assert_eq!(codes(&project.json(2, &["check"])), ["PL411"]);
    project.expect(2, &["run"]);
    says(&project.run(&["check"]), &["edited without a change", "plimsoll change new"]);
    let settings = project.read("plimsoll.toml");
    project.put("plimsoll.toml", format!("{settings}\n[changes]\nunapproved = \"warn\"\n"));
    says(&project.expect(0, &["check"]), &["warning[PL411]"]);
}

#[test]
fn mistakes_of_a_proposal_are_told_and_nothing_is_written() {
    let project = flights();
    project.put("new.odcs.yaml", project.read(PRODUCTS));
    says(&project.expect(2, &["change", "new", "same", "--from", "new.odcs.yaml"]), &["PL420", "nothing changes"]);
    project.put("new.odcs.yaml", "kind: nonsense\n");
    project.expect(2, &["change", "new", "broken", "--from", "new.odcs.yaml"]);
    says(&project.expect(2, &["change", "new", "../evil", "--from", "new.odcs.yaml"]), &["no id of a change"]);
    project.expect(2, &["change", "new", "absent", "--from", "nowhere.yaml"]);
    project.expect(2, &["change", "show", "nothing"]);
    assert!(!project.path("openspec/changes").exists());
    propose(&project, "one", &added(&project, "gate"), "ada");
    project.expect(2, &["change", "new", "one", "--from", "new.odcs.yaml"]);
}

/// The steps of applying, in their order: see `engine::fault`.
const STEPS: [&str; 8] = [
    "change_begun:1",
    "change_written:1",
    "change_written:2",
    "change_written:3",
    "change_written:4",
    "change_moved:1",
    "change_done:1",
    "change_entered:1",
];

#[test]
fn killed_at_every_step_of_applying_the_next_command_ends_it() {
    for step in STEPS {
        let project = flights();
        let new = added(&project, "gate");
        propose(&project, "add-gate", &new, "ada");
        approve(&project, "add-gate", "bob");
        let ended = killed_at(&project, step, &["change", "apply", "add-gate", "--as", "ada"]);
        assert!(ended.is_none(), "{step} was not reached: {}", ended.map(|output| output.both()).unwrap_or_default());
        pins_hold(&project, step);
        whole(&project, step);
        project.expect(0, &["change", "rollback", "add-gate", "--reason", "r", "--as", "bob"]);
        assert!(!project.read(PRODUCTS).contains("gate"), "{step}");
    }
}

#[test]
fn killed_at_every_step_of_undoing_the_next_command_ends_it() {
    for step in [
        "change_begun:1",
        "change_written:1",
        "change_written:2",
        "change_moved:1",
        "change_done:1",
        "change_entered:1",
    ] {
        let project = flights();
        let before = (project.read(PRODUCTS), project.read(SPEC));
        propose(&project, "add-gate", &added(&project, "gate"), "ada");
        approve(&project, "add-gate", "bob");
        project.expect(0, &["change", "apply", "add-gate", "--as", "ada"]);
        let ended = killed_at(&project, step, &["change", "rollback", "add-gate", "--reason", "r", "--as", "bob"]);
        assert!(ended.is_none(), "{step} was not reached: {}", ended.map(|output| output.both()).unwrap_or_default());
        project.expect(0, &["change", "list"]);
        assert_eq!((project.read(PRODUCTS), project.read(SPEC)), before, "{step}");
        assert_eq!(project.json(0, &["change", "show", "add-gate"])["state"], "waiting", "{step}");
        assert!(!project.path("openspec/changes/add-gate/before").exists(), "{step}");
        project.expect(0, &["check"]);
    }
}

/// The models have to follow, which is another matter.
fn pins_hold(project: &Project, when: &str) {
    let output = project.run(&["check", "--json"]);
    let found = codes(&serde_json::from_str(&output.stdout).unwrap());
    assert!(!found.iter().any(|code| code.starts_with("PL4")), "{when}: {found:?}");
}

/// The change is in force once, with contract, pin, archive and ledger telling the same.
fn whole(project: &Project, when: &str) {
    assert!(project.read(PRODUCTS).contains("name: gate,"), "{when}");
    assert!(project.read(SPEC).contains("1.1.0"), "{when}");
    assert!(!project.path("openspec/changes/add-gate").exists(), "{when}");
    assert_eq!(project.json(0, &["change", "show", "add-gate"])["state"], "applied", "{when}");
    assert!(
        !project.path(".plimsoll/change.json").exists() && !project.path(".plimsoll/change-done.json").exists(),
        "{when}"
    );
    project.expect(0, &["change", "apply", "add-gate", "--as", "ada"]);
}

#[test]
fn two_who_apply_at_once_apply_it_once() {
    let project = flights();
    propose(&project, "add-gate", &added(&project, "gate"), "ada");
    approve(&project, "add-gate", "bob");
    let both: Vec<Process> =
        (0..2).map(|_| Process::start(&project, &["change", "apply", "add-gate", "--as", "ada"])).collect();
    for process in both {
        let output = process.end();
        assert_eq!(output.code, Some(0), "{}", output.both());
    }
    whole(&project, "both");
}

#[test]
fn init_makes_a_tree_and_takes_over_one_that_is_there() {
    let project = Project::new().contract("orders", &["name: id, logicalType: integer"]);
    says(&project.expect(0, &["init"]), &["pinned", "openspec/specs/tests/orders.odcs.yaml", "1 contract"]);
    project.expect(0, &["check"]);
    let spec = project.read("openspec/specs/tests/spec.md");
    let again = project.json(0, &["init"]);
    assert_eq!(again["written"], serde_json::json!([]));
    assert_eq!(project.read("openspec/specs/tests/spec.md"), spec);
    let fresh = Project::new();
    fresh.expect(0, &["init", "-C", "shop"]);
    assert!(fresh.path("shop/plimsoll.toml").exists() && fresh.path("shop/openspec/specs").is_dir());
    fresh.expect(0, &["check", "-C", "shop"]);
}

#[test]
fn the_sample_tree_is_taken_over_as_it_is() {
    let Some(project) = sample() else { return };
    let before = project.read("openspec/specs/orders/spec.md");
    let adopted = project.json(0, &["init"]);
    assert_eq!(adopted["pinned"], serde_json::json!([]));
    assert_eq!(adopted["embedded"], serde_json::json!(["payments"]));
    assert_eq!(adopted["changes"], serde_json::json!(["orders-drop-placed-at"]));
    assert_eq!(project.read("openspec/specs/orders/spec.md"), before);
    let shown = project.json(0, &["change", "show", "orders-drop-placed-at"]);
    assert_eq!((&shown["state"], &shown["breaking"]), (&"waiting".into(), &true.into()));
    project.expect(0, &["change", "propose", "orders-drop-placed-at", "--as", "ada"]);
    approve(&project, "orders-drop-placed-at", "jane");
    project.expect(0, &["change", "apply", "orders-drop-placed-at", "--as", "ada"]);
    assert!(project.read("openspec/specs/orders/orders.odcs.yaml").contains("placed_at_utc"));
}

#[test]
fn the_commands_of_the_guide_run() {
    let guide =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/changes.md")).unwrap();
    let block = guide.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let project = Project::flights();
    let program = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().unwrap().to_owned();
    for line in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let mut command = project.command(&[]);
        let path = std::env::join_paths(
            std::iter::once(program.clone()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(project.root());
        shell.envs(command.env("PATH", path.unwrap()).get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = Output::of(&mut shell);
        assert_eq!(output.code, Some(0), "{line}\n{}", output.both());
    }
    assert!(project.read(SPEC).contains("Data contract flights 1.1.0"));
}

fn sample() -> Option<Project> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/openspec");
    if !root.is_dir() {
        eprintln!("the sample trees are not here, so they are not taken over");
        return None;
    }
    let project = Project::new();
    project.copy_folder(&root.join("openspec"), "openspec");
    Some(project)
}

/// What is written here passes the real tool, and what the real tool archives is put in force here.
#[test]
fn the_real_openspec_agrees() {
    let Some(openspec) = OpenSpec::installed() else { return };
    let project = flights();
    project.expect(0, &["init"]);
    openspec.valid(&project);
    propose(&project, "rename", &renamed(&project), "ada");
    project.put("shop.yaml", SHOP);
    project.expect(0, &["change", "new", "add-shop", "--from", "shop.yaml", "--as", "ada", "--why", "We sell."]);
    project.put("openspec/changes/behave/specs/flights/spec.md", BEHAVIOUR);
    project.put("openspec/changes/behave/proposal.md", "# Proposal\n\n## Why\n\nIt is time.\n");
    project.expect(0, &["change", "propose", "behave", "--as", "ada"]);
    openspec.valid(&project);

    // Both archive the same change: the specs that come of it are the same, to the byte.
    let theirs = project.copied();
    for (ours, id) in [(&project, "rename"), (&project, "add-shop"), (&project, "behave")] {
        approve(ours, id, "bob");
        ours.expect(0, &["change", "apply", id, "--as", "ada"]);
    }
    openspec.valid(&project);
    for id in ["rename", "add-shop", "behave"] {
        openspec.run(&theirs, &["archive", id, "--yes", "--json"]);
    }
    for spec in [SPEC, "openspec/specs/shop/spec.md"] {
        assert_eq!(theirs.read(spec), project.read(spec), "{spec}");
    }

    // Archived there without an approval, the contract is not in force here, and every command says so.
    let found = theirs.json(2, &["check"]);
    assert!(codes(&found).contains(&"PL414".to_owned()), "{found}");
    theirs.expect(2, &["run"]);
    says(&theirs.expect(3, &["change", "apply", "rename", "--as", "ada"]), &["missing"]);
    for id in ["rename", "add-shop"] {
        approve(&theirs, id, "bob");
        theirs.expect(0, &["change", "apply", id, "--as", "ada"]);
    }
    assert_eq!(theirs.read(PRODUCTS), project.read(PRODUCTS));
    says(&theirs.expect(1, &["change", "rollback", "rename", "--reason", "r", "--as", "bob"]), &["another tool"]);
    openspec.valid(&theirs);
}

/// Requirements without a contract, and what only looks like structure.
const BEHAVIOUR: &str = "\
# Spec Delta

## REMOVED Requirements
- `### Requirement: Instants instead of clock faces`

## ADDED Requirements

### Requirement: Reports name their source ##

The pipeline MUST say where each row came from.


~~~text
## Requirements
### Requirement: not one

#### Scenario: not one either
~~~

#### Scenario: A report
- **WHEN** somebody asks
- **THEN** the file is named
";

const SHOP: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: urn:test:shop
name: shop
version: 1.0.0
status: active
schema:
  - name: sales
    logicalType: object
    properties:
      - { name: id, logicalType: integer, required: true }
";

/// The tool itself, from the package registry, in a folder that outlives the tests.
struct OpenSpec(PathBuf);

impl OpenSpec {
    const VERSION: &str = "1.13.2";

    fn installed() -> Option<Self> {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
        let folder = cache.join(format!("plimsoll-tests/openspec-{}", Self::VERSION));
        let program = folder.join("node_modules/@fission-ai/openspec/bin/openspec.js");
        if !program.is_file() {
            std::fs::create_dir_all(&folder).ok()?;
            let package = format!("@fission-ai/openspec@{}", Self::VERSION);
            let done = Command::new("npm")
                .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"])
                .args([folder.as_os_str(), package.as_ref()])
                .output();
            if !done.is_ok_and(|output| output.status.success()) || !program.is_file() {
                eprintln!("OpenSpec cannot be installed here, so it is not asked");
                return None;
            }
        }
        Some(Self(program))
    }

    fn run(&self, project: &Project, args: &[&str]) -> Output {
        let mut command = Command::new("node");
        command.arg(&self.0).args(args).current_dir(project.root());
        command.envs([
            ("OPENSPEC_TELEMETRY", "0"),
            ("DO_NOT_TRACK", "1"),
            ("OPENSPEC_NO_UPDATE_CHECK", "1"),
            ("NO_COLOR", "1"),
        ]);
        let output = Output::of(&mut command);
        assert_eq!(output.code, Some(0), "openspec {}\n{}", args.join(" "), output.both());
        output
    }

    fn valid(&self, project: &Project) {
        let output = self.run(project, &["validate", "--all", "--strict", "--json"]);
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        assert!(report["items"].as_array().is_some_and(|items| !items.is_empty()), "{report}");
        // What archiving would refuse is only a note there.
        assert!(!output.stdout.contains("Archive would refuse"), "{report}");
    }
}
