//! Nobody changes a contract by editing files, forging journals or spelling settings wrong.

use serde_json::{Value, json};

use crate::gate_rules::{held, key, says};
use crate::process::killed_at;
use crate::project::Project;

pub const ORDERS: &str = "openspec/specs/tests/orders.odcs.yaml";
pub const SPEC: &str = "openspec/specs/tests/spec.md";
const ID: &str = "id: p_id, name: id, logicalType: integer, required: true";
const STATE: &str = "id: p_state, name: state, logicalType: string, enum: [ { value: open }, { value: done } ]";

/// A pinned contract that has run once; `settings` follow those that every project has.
pub fn shop(settings: &str) -> Project {
    let project = Project::new()
        .contract("orders", &[ID, STATE])
        .pipeline(&["orders: { source: { files: 'landing/*.csv' } }"])
        .write("landing/1.csv", "id,state\n1,open\n2,done\n");
    let text = project.read("plimsoll.toml");
    project.put("plimsoll.toml", format!("{text}{settings}"));
    project.expect(0, &["init"]);
    project.expect(0, &["run"]);
    project
}

/// The contract of orders without its values.
pub fn loosened(project: &Project) -> String {
    let text = project.read(ORDERS).replace(", enum: [ { value: open }, { value: done } ]", "");
    text.replace("version: 1.0.0", "version: 2.0.0")
}

pub fn propose(project: &Project, id: &str, text: &str, author: &str) {
    project.put("new.odcs.yaml", text);
    project.expect(0, &["change", "new", id, "--from", "new.odcs.yaml", "--as", author]);
}

pub fn sha256(text: &str) -> String {
    contract::digest(text.as_bytes()).replace("sha256:", "")
}

/// The spec with another contract pinned in it.
fn repinned(project: &Project, new: &str) -> String {
    let (old, spec) = (project.read(ORDERS), project.read(SPEC));
    spec.replace(&sha256(&old), &sha256(new)).replace("1.0.0", "2.0.0")
}

fn events(project: &Project) -> usize {
    project.expect(0, &["ledger", "export"]).stdout.lines().count()
}

/// The journal of a change that nobody approved.
fn forged(project: &Project, more: &[Value]) -> Value {
    let (old, new) = (project.read(ORDERS), loosened(project));
    let (spec, after) = (project.read(SPEC), repinned(project, &new));
    let mut writes = vec![json!({ "path": ORDERS, "text": new }), json!({ "path": SPEC, "text": after })];
    writes.extend(more.iter().cloned());
    json!({
        "event": {
            "change": "evil", "digest": "00", "who": "ada", "reason": "approved by ada, bob",
            "step": { "kind": "applied", "act": "a1", "folder": "openspec/changes/archive/2026-11-28-evil", "files": [
                { "path": ORDERS, "before": sha256(&old), "after": sha256(&new) },
                { "path": SPEC, "before": sha256(&spec), "after": sha256(&after) },
            ] },
        },
        "writes": writes, "moves": null, "removes": null,
    })
}

#[test]
fn a_journal_that_somebody_wrote_is_not_carried_out() {
    for file in [".plimsoll/change.json", ".plimsoll/change-done.json"] {
        let project = shop("");
        let before = (project.read(ORDERS), project.read(SPEC), events(&project));
        let outside = format!("../{}-outside.txt", project.root().file_name().unwrap().to_string_lossy());
        project.put(file, forged(&project, &[json!({ "path": outside, "text": "gotcha" })]).to_string());
        for args in [&["check"][..], &["run"], &["change", "list", "--all"], &["gate", "list"], &["init"]] {
            says(&project.expect(1, args), &["the ledger does not know that it was begun", file]);
        }
        assert!(!project.path(&outside).exists());
        project.remove(file);
        project.expect(0, &["check"]);
        assert_eq!((project.read(ORDERS), project.read(SPEC), events(&project)), before, "{file}");
    }
}

#[test]
fn a_journal_that_was_carried_out_is_not_carried_out_again() {
    let project = shop("");
    let (old, spec) = (project.read(ORDERS), project.read(SPEC));
    let new = old.replace("version: 1.0.0", "version: 1.0.1").replace("status: active", "status: active\ntenant: a");
    propose(&project, "tenant", &new, "carl");
    project.expect(0, &["change", "approve", "tenant", "--reason", "r", "--as", "ada"]);
    assert!(killed_at(&project, "change_begun", &["change", "apply", "tenant", "--as", "ada"]).is_none());
    let journal = project.read(".plimsoll/change.json");
    // An edit of it is another journal.
    project.put(".plimsoll/change.json", journal.replace("tenant: a", "tenant: b"));
    says(&project.expect(1, &["check"]), &["does not know that it was begun"]);
    project.put(".plimsoll/change.json", &journal);
    project.expect(0, &["check"]);
    assert!(project.read(ORDERS).contains("tenant: a"));
    project.expect(0, &["change", "rollback", "tenant", "--reason", "r", "--as", "ada"]);
    project.put(".plimsoll/change.json", &journal);
    says(&project.expect(1, &["check"]), &["does not know that it was begun"]);
    assert_eq!((project.read(ORDERS), project.read(SPEC)), (old, spec));
}

#[test]
fn what_dies_before_its_journal_is_written_has_done_nothing() {
    let project = shop("");
    let before = project.read(ORDERS);
    propose(&project, "tenant", &before.replace("status: active", "status: active\ntenant: a"), "carl");
    project.expect(0, &["change", "approve", "tenant", "--reason", "r", "--as", "ada"]);
    assert!(killed_at(&project, "change_known", &["change", "apply", "tenant", "--as", "ada"]).is_none());
    project.expect(0, &["check"]);
    assert_eq!(project.read(ORDERS), before);
    project.expect(0, &["change", "apply", "tenant", "--as", "ada"]);
    assert!(project.read(ORDERS).contains("tenant: a"));
}

#[cfg(unix)]
#[test]
fn a_change_does_not_write_through_a_link_that_leads_out() {
    let project = shop("");
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), project.path("openspec/specs/other")).unwrap();
    let new = project.read(ORDERS).replace("orders", "others");
    project.put("others.odcs.yaml", new);
    project.expect(0, &["change", "new", "other", "--from", "others.odcs.yaml", "--capability", "other"]);
    project.expect(0, &["change", "approve", "other", "--reason", "r", "--as", "ada"]);
    says(&project.expect(1, &["change", "apply", "other", "--as", "ada"]), &["inside of openspec/ only"]);
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn nobody_decides_by_settings_that_have_an_error() {
    let project = held("");
    let settings = project.read("plimsoll.toml");
    project.put("plimsoll.toml", format!("{settings}[gates]\naprovers = [\"ada\"]\n"));
    for args in [
        &["gate", "approve", "orders", "--reason", "r", "--as", "mallory"][..],
        &["gate", "reject", "orders", "--reason", "r", "--as", "mallory"],
        &["gate", "delegate", "orders", "--to", "eve", "--reason", "r", "--as", "mallory"],
    ] {
        says(&project.expect(2, args), &["it has an error, so nothing is decided", "aprovers", "plimsoll.toml:6:1"]);
    }
    assert_eq!(project.version("orders"), -1);

    let project = shop("");
    propose(&project, "loosen", &loosened(&project), "carl");
    let settings = project.read("plimsoll.toml");
    let wrong = format!("{settings}[changes]\naprovers = [\"ada\"]\n");
    for (before, verb) in [(None, "approve"), (None, "reject"), (Some("approve"), "apply"), (Some("apply"), "rollback")]
    {
        project.put("plimsoll.toml", &settings);
        match before {
            Some("apply") => drop(project.expect(0, &["change", "apply", "loosen", "--as", "ada"])),
            Some(verb) => drop(project.expect(0, &["change", verb, "loosen", "--reason", "r", "--as", "ada"])),
            None => {}
        }
        project.put("plimsoll.toml", &wrong);
        let reason: &[&str] = if verb == "apply" { &[] } else { &["--reason", "r"] };
        let args = [&["change", verb, "loosen", "--as", "mallory"], reason].concat();
        says(&project.expect(2, &args), &["it has an error, so nothing is decided"]);
    }
}

/// As somebody would who wants nobody to see it: the contract, its pin, and nothing else.
fn edit_by_hand(project: &Project) {
    let new = loosened(project);
    project.put(SPEC, repinned(project, &new));
    project.put(ORDERS, new);
}

pub fn refused(project: &Project, codes: &[&str]) {
    let check = project.json(2, &["check"]);
    let found: Vec<&str> =
        check["diagnostics"].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap()).collect();
    for code in codes {
        assert!(found.contains(code), "{code}: {found:?}");
    }
    project.put("landing/2.csv", "id,state\n3,rotten\n");
    project.expect(2, &["run"]);
    project.expect(2, &["plan"]);
    assert_eq!(project.count("orders"), 2);
}

#[test]
fn a_contract_that_was_edited_along_with_its_pin_does_not_run() {
    let project = shop("");
    let before = (project.read(ORDERS), project.read(SPEC));
    edit_by_hand(&project);
    says(&project.expect(2, &["check"]), &["PL417", "without an approval", "plimsoll change new ID --from"]);
    refused(&project, &["PL417"]);
    // Restoring is a way out, and so is a change.
    project.put("wanted.yaml", project.read(ORDERS));
    project.put(ORDERS, &before.0);
    project.put(SPEC, &before.1);
    project.expect(0, &["check"]);
    project.expect(0, &["change", "new", "loosen", "--from", "wanted.yaml", "--as", "carl"]);
    project.expect(0, &["change", "approve", "loosen", "--reason", "r", "--as", "ada"]);
    project.expect(0, &["change", "apply", "loosen", "--as", "ada"]);
    project.expect(0, &["check"]);
    // Back to what was in force once, by hand.
    project.put(ORDERS, &before.0);
    project.put(SPEC, &before.1);
    refused(&project, &["PL417"]);
    let settings = project.read("plimsoll.toml");
    project.put("plimsoll.toml", format!("{settings}[changes]\nunapproved = \"warn\"\n"));
    says(&project.expect(0, &["check"]), &["warning[PL417]"]);
}

#[test]
fn a_pin_that_is_taken_out_or_made_anew_approves_nothing() {
    let project = shop("");
    let (old, spec) = (project.read(ORDERS), project.read(SPEC));
    let new = loosened(&project);
    let other = "### Requirement: Orders are counted\nThe pipeline SHALL count orders.\n\n#### Scenario: One\n- **WHEN** one comes\n- **THEN** it is counted\n";
    project.put(SPEC, format!("{}\n{other}", spec.split("### Requirement").next().unwrap()));
    refused(&project, &["PL418"]);
    project.put(ORDERS, &new);
    refused(&project, &["PL417"]);
    says(&project.expect(1, &["init"]), &["without an approval", ORDERS]);
    project.remove(SPEC);
    says(&project.expect(1, &["init"]), &["without an approval", ORDERS]);
    refused(&project, &["PL417"]);
    project.remove(ORDERS);
    project.put("pipelines/small.yaml", "pipeline: small\ndatasets: {}\n");
    let check = project.json(2, &["check"]);
    assert!(check["diagnostics"].to_string().contains("taken away without a change"), "{check}");
    // The very content that was approved may be pinned anew.
    project.put(ORDERS, &old);
    says(&project.expect(0, &["init"]), &["pinned", ORDERS]);
    project.expect(0, &["check"]);
}

#[test]
fn a_change_against_a_contract_that_nobody_approved_is_not_approved_either() {
    let project = shop("");
    edit_by_hand(&project);
    let text = project.read(ORDERS).replace("status: active", "status: active\ntenant: a");
    propose(&project, "tenant", &text, "carl");
    says(
        &project.expect(1, &["change", "approve", "tenant", "--reason", "r", "--as", "ada"]),
        &["without an approval"],
    );
    assert_eq!(project.json(0, &["change", "show", "tenant"])["standing"]["decisions"], json!([]));
}

/// Another machine: the same files without the local state.
pub fn cloned(project: &Project) -> Project {
    let clone = project.copied();
    std::fs::remove_dir_all(clone.path(".plimsoll")).unwrap();
    clone
}

/// What version control brings.
pub fn pull(to: &Project, from: &Project) {
    std::fs::remove_dir_all(to.path("openspec")).unwrap();
    to.copy_folder(&from.path("openspec"), "openspec");
}

#[test]
fn a_colleagues_change_arrives_with_its_folder_and_a_fresh_clone_runs() {
    let ours = shop("");
    let theirs = cloned(&ours);
    theirs.expect(0, &["check"]);
    theirs.expect(0, &["run"]);
    propose(&ours, "loosen", &loosened(&ours), "carl");
    ours.expect(0, &["change", "approve", "loosen", "--reason", "r", "--as", "ada"]);
    pull(&theirs, &ours);
    theirs.expect(0, &["check"]);
    ours.expect(0, &["change", "apply", "loosen", "--as", "ada"]);
    let fresh = cloned(&ours);
    fresh.expect(0, &["check"]);
    fresh.expect(0, &["run"]);
    // Contract and pin alone are an edit; with the archived change they are the colleague's.
    theirs.put(ORDERS, ours.read(ORDERS));
    theirs.put(SPEC, ours.read(SPEC));
    refused(&theirs, &["PL417"]);
    pull(&theirs, &ours);
    theirs.expect(0, &["check"]);
    theirs.run(&["run"]);
    let adopted = theirs.expect(0, &["ledger", "export"]).stdout;
    assert!(adopted.lines().any(|line| line.contains("adopted") && line.contains("loosen")), "{adopted}");
    // Undone there, it is open again here.
    ours.expect(0, &["change", "rollback", "loosen", "--reason", "r", "--as", "ada"]);
    pull(&theirs, &ours);
    theirs.expect(0, &["check"]);
}

#[test]
fn where_signers_are_named_a_colleagues_change_carries_their_signatures() {
    let ours = shop("");
    if !key(&ours, "ada") || !key(&ours, "eve") {
        return;
    }
    ours.put("signers", format!("ada {}", ours.read("key-ada.pub")));
    let settings = ours.read("plimsoll.toml");
    ours.put("plimsoll.toml", format!("{settings}[changes]\napprovers = [\"ada\"]\nallowed_signers = \"signers\"\n"));
    let theirs = ours.copied();
    let text = ours.read(ORDERS).replace("status: active", "status: active\ntenant: a");
    propose(&ours, "tenant", &text, "carl");
    ours.expect(0, &["change", "approve", "tenant", "--reason", "r", "--as", "ada", "--sign", "key-ada"]);
    ours.expect(0, &["change", "apply", "tenant", "--as", "ada"]);
    pull(&theirs, &ours);
    theirs.expect(0, &["check"]);
    let folder = ours.json(0, &["change", "show", "tenant"])["path"].as_str().unwrap().to_owned();
    let approvals = format!("{folder}/approvals.json");
    let told = theirs.read(&approvals);
    assert!(told.contains("BEGIN SSH SIGNATURE"), "{told}");
    for forged in ["[]".to_owned(), told.replace("\"r\"", "\"other\""), told.replace("ada", "eve")] {
        theirs.put(&approvals, forged);
        refused(&theirs, &["PL417"]);
    }
    theirs.put(&approvals, &told);
    theirs.expect(0, &["check"]);
    // Signed was another contract than the one that is in force.
    let contract = format!("{folder}/specs/tests/orders.odcs.yaml");
    let new = theirs.read(ORDERS).replace("tenant: a", "tenant: b");
    theirs.put(SPEC, theirs.read(SPEC).replace(&sha256(&theirs.read(ORDERS)), &sha256(&new)));
    theirs.put(ORDERS, &new);
    theirs.put(&contract, &new);
    refused(&theirs, &["PL417"]);
}
