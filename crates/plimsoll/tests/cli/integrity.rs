//! Weakening a guard of the pipeline is asked about before the next version is published.

use crate::gate_attacks::sql;
use crate::gate_rules::says;
use crate::project::{Project, dataset};

const COLUMNS: [&str; 2] = [
    "name: id, logicalType: integer, required: true, primaryKey: true",
    "name: amount, logicalType: integer, required: true",
];
const STRONG: &str =
    "orders: { source: { files: 'landing/*.csv' }, table: { write: merge, key: [id] }, retry: { attempts: 3 } }";

fn published(pipeline: &str) -> Project {
    let project = Project::new().contract("orders", &COLUMNS).pipeline(&[pipeline]);
    project.put("landing/1.csv", "id,amount\n1,10\n2,20\n");
    project.expect(0, &["run"]);
    project
}

/// Runs after an edit, and returns the questions.
fn asked(project: &Project) -> String {
    let run = project.json(3, &["run"]);
    let gate = &dataset(&run, "orders")["gate"];
    assert_eq!(gate["kind"], "pipeline-integrity", "{run}");
    gate["asks"].as_array().unwrap().iter().map(|ask| ask.as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_weakened_guard_of_a_pipeline() {
    for (edit, question) in [
        (
            "orders: { source: { files: 'landing/*.csv' }, retry: { attempts: 3 } }",
            "Rows were merged by id, and would be appended",
        ),
        (
            "orders: { source: { files: 'landing/*.csv' }, table: { write: merge, key: [id, amount] }, retry: { attempts: 3 } }",
            "Rows were merged by id, and would be by id, amount",
        ),
        (
            "orders: { source: { files: 'landing/*.csv' }, table: { write: merge, key: [id] }, retry: { attempts: 3 }, on_violation: { above: 50% } }",
            "would only with more than 50 %",
        ),
    ] {
        let project = published(STRONG);
        project.put_pipeline(&[edit]);
        assert!(asked(&project).contains(question), "{question}");
        assert_eq!(project.version("orders"), 0);
        let own = project.expect(1, &["gate", "approve", "orders", "--reason", "mine", "--as", "tester"]);
        says(&own, &["stands behind what is asked"]);
        project.expect(0, &["gate", "approve", "orders", "--reason", "known", "--as", "ada"]);
        assert_eq!(project.version("orders"), 1);
        project.put("landing/2.csv", "id,amount\n3,30\n");
        project.expect(0, &["run"]);
    }
}

#[test]
fn a_policy_on_which_no_row_depends_is_asked_about_before_the_next_publication() {
    let weak = STRONG.replace("attempts: 3", "attempts: 1");
    let project = published(STRONG);
    project.put_pipeline(&[&weak]);
    assert_eq!(project.json(0, &["run"])["outcome"], "nothing", "nothing is to be published");
    project.put("landing/2.csv", "id,amount\n3,30\n");
    assert!(asked(&project).contains("tried 3 times, and would be once"));
    // Taken back, the question is void, and the result needs nobody.
    project.put_pipeline(&[STRONG]);
    says(&project.expect(3, &["gate", "show", "orders"]), &["its policies changed"]);
    says(&project.expect(1, &["gate", "approve", "orders", "--reason", "r", "--as", "ada"]), &["its policies changed"]);
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 3);
    // Rejected, it does not hold up what comes when it is taken back.
    project.put_pipeline(&[&weak]);
    project.put("landing/3.csv", "id,amount\n4,40\n");
    asked(&project);
    project.expect(0, &["gate", "reject", "orders", "--reason", "no", "--as", "ada"]);
    project.expect(3, &["run"]);
    project.put_pipeline(&[STRONG]);
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 4);
    // Approved once, it is not asked about again.
    project.put_pipeline(&[&weak]);
    project.put("landing/4.csv", "id,amount\n5,50\n");
    asked(&project);
    project.expect(0, &["gate", "approve", "orders", "--reason", "yes", "--as", "ada"]);
    project.put("landing/5.csv", "id,amount\n6,60\n");
    project.expect(0, &["run"]);
}

#[test]
fn the_threshold_of_the_project_is_one_too() {
    let project = published(STRONG);
    let settings = project.read("plimsoll.toml");
    project.put("plimsoll.toml", format!("threshold = \"60%\"\n{settings}"));
    project.put("landing/2.csv", "id,amount\n3,30\nx,1\n");
    assert!(asked(&project).contains("more than 5 % of its rows refused waited for a person"));
}

#[test]
fn a_contract_that_loses_its_key_is_asked_about_unless_an_approved_change_says_so() {
    for version in ["1.0.0", "2.0.0"] {
        let project = published(STRONG);
        project.put_contract("orders", &["name: id, logicalType: integer, required: true", COLUMNS[1]], "");
        project.edit("openspec/specs/tests/orders.odcs.yaml", "version: 1.0.0", &format!("version: {version}"));
        let run = project.json(3, &["run"]);
        let asks = dataset(&run, "orders")["gate"]["asks"].to_string();
        assert!(asks.contains("told apart by id, and would be by nothing"), "{asks}");
    }
    let project = published(STRONG);
    project.expect(0, &["init"]);
    project.put("landing/2.csv", "id,amount\n3,30\n");
    project.expect(0, &["run"]);
    let new = project.read("openspec/specs/tests/orders.odcs.yaml").replace(", primaryKey: true", "");
    project.put("new.odcs.yaml", new);
    project.expect(0, &["change", "new", "keyless", "--from", "new.odcs.yaml", "--as", "carl"]);
    project.expect(0, &["change", "approve", "keyless", "--reason", "r", "--as", "ada"]);
    project.expect(0, &["change", "apply", "keyless", "--as", "ada"]);
    project.put("landing/3.csv", "id,amount\n4,40\n");
    let run = project.run(&["run", "--json"]);
    assert!(!run.stdout.contains("told apart by id"), "{}", run.both());
}

const ORDERS: &str = "openspec/specs/tests/orders.odcs.yaml";
const POSITIVE: &str = "name: amount, logicalType: integer, required: true, logicalTypeOptions: { minimum: 0 }";
const FILES: &str = "source: { files: 'landing/*.csv' }, table: { write: merge, key: [id] }";

/// A contract that is pinned and in force; `roles` follow it.
fn pinned(roles: &str) -> Project {
    let project = Project::new().pipeline(&[&format!("orders: {{ {FILES} }}")]);
    project.put_contract("orders", &[COLUMNS[0], POSITIVE], roles);
    project.put("landing/1.csv", "id,amount\n1,10\n2,20\n");
    project.expect(0, &["init"]);
    project.expect(0, &["run"]);
    project
}

/// Another contract that nobody approved, in the place of the one in force.
fn pointed(project: &Project, edit: impl Fn(String) -> String) {
    let text = project.read(ORDERS).replace("orders", "orders_loose").replace("version: 1.0.0", "version: 1.0.1");
    project.put("openspec/specs/loose/loose.odcs.yaml", edit(text));
    project.put_pipeline(&[&format!("orders: {{ contract: orders_loose, {FILES} }}")]);
    project.put("landing/2.csv", "id,amount\n5,-10\n6,-30\n");
}

#[test]
fn a_contract_that_nobody_approved_in_the_place_of_the_one_in_force() {
    let project = pinned("");
    pointed(&project, |text| text.replace(", logicalTypeOptions: { minimum: 0 }", ""));
    assert!(asked(&project).contains("would no longer be checked; no approved change of the contract says so"));
    assert_eq!(project.count("orders"), 2);
    let project = pinned("");
    pointed(&project, |text| text.replace("minimum: 0", "minimum: -999999"));
    assert!(asked(&project).contains("would let pass what it refused"));
    assert_eq!(project.count("orders"), 2);
    // What is no weaker is not asked about.
    let project = pinned("");
    pointed(&project, |text| text.replace("minimum: 0", "minimum: -0"));
    project.put("landing/2.csv", "id,amount\n5,10\n");
    project.expect(0, &["run"]);
}

#[test]
fn a_contract_that_nobody_approved_names_nobody() {
    let roles = "roles:\n  - { role: r, access: read, firstLevelApprovers: ada, secondLevelApprovers: bob }\n";
    let project = pinned(roles);
    pointed(&project, |text| {
        text.replace("minimum: 0", "minimum: -999999")
            .replace("firstLevelApprovers: ada, secondLevelApprovers: bob", "firstLevelApprovers: eve")
    });
    let asks = asked(&project);
    assert!(asks.contains("The contract named ada, bob as approvers, and would name eve"), "{asks}");
    let eve = project.expect(1, &["gate", "approve", "orders", "--reason", "r", "--as", "eve"]);
    says(&eve, &["eve is not among those who may approve it: ada, bob"]);
    project.expect(3, &["gate", "approve", "orders", "--reason", "r", "--as", "ada"]);
    assert_eq!(project.version("orders"), 0);
    project.expect(0, &["gate", "approve", "orders", "--reason", "r", "--as", "bob"]);
    assert_eq!(project.version("orders"), 1);
}

/// Where no primary key tells rows apart, the key of the merge does, and is not lost by a way round.
#[test]
fn a_key_that_is_lost_by_way_of_another_write() {
    let project = Project::new()
        .contract("orders", &["name: id, logicalType: integer, required: true", COLUMNS[1]])
        .pipeline(&[STRONG]);
    project.put("landing/1.csv", "id,amount\n1,10\n2,20\n");
    project.expect(0, &["run"]);
    project.put_pipeline(&[&STRONG.replace("write: merge, key: [id]", "write: overwrite")]);
    assert!(asked(&project).contains("Rows were merged by id, and would be all there is, each time anew"));
    assert_eq!(project.version("orders"), 0);
}

/// A file of one day does not take a month away without a word.
#[test]
fn partitions_that_are_coarser_are_asked_about() {
    let by = |part: &str| {
        format!(
            "orders: {{ source: {{ files: 'landing/*.csv' }}, table: {{ write: replace_partitions, partition_by: [ {{ {part}: d }} ] }} }}"
        )
    };
    let columns = ["name: d, logicalType: date, required: true", COLUMNS[1]];
    let project = Project::new().contract("orders", &columns).pipeline(&[&by("day")]);
    project.put("landing/1.csv", "d,amount\n2026-01-01,10\n2026-01-02,20\n");
    project.expect(0, &["run"]);
    project.put_pipeline(&[&by("month")]);
    project.put("landing/2.csv", "d,amount\n2026-01-03,30\n");
    assert!(asked(&project).contains("Rows were replaced by partition of d_day, and would be by d_month"));
    assert_eq!(project.count("orders"), 2);
}

/// Where nothing is pinned, a version that was raised by hand proves nothing; what weakens nothing is nobody's question.
#[test]
fn an_edit_of_a_contract_that_nothing_pins() {
    let project = published(&format!("orders: {{ {FILES} }}"));
    for (edit, code) in [(POSITIVE, 0), (COLUMNS[1], 3)] {
        project.put_contract("orders", &[COLUMNS[0], edit], "");
        let version = project.read(ORDERS).replace("version: 1.0.0", "version: 2.0.0");
        project.put(ORDERS, version);
        project.expect(code, &["run"]);
    }
}

/// One gate with questions of two kinds is decided by those who decide on each.
#[test]
fn two_questions_are_decided_by_those_whom_each_is_put_to() {
    let project = published(STRONG);
    let settings = project.read("plimsoll.toml");
    project.put(
        "plimsoll.toml",
        format!(
            "{settings}[gates]\n[gates.pipeline-integrity]\napprovers = [\"bob\", \"cyd\"]\napprovals = 2\n\
             [gates.data-migration]\napprovers = [\"eve\"]\n"
        ),
    );
    project.put_contract("orders", &[COLUMNS[0]], "");
    project.put("landing/1.csv", "id\n1\n2\n");
    project.put_pipeline(&["orders: { source: { files: 'landing/*.csv' }, retry: { attempts: 3 } }"]);
    let run = project.json(3, &["run"]);
    let gate = &dataset(&run, "orders")["gate"];
    assert!(gate["asks"].to_string().contains("would be appended"), "{run}");
    assert_eq!(gate["kind"], "data-migration", "{run}");
    says(&project.expect(3, &["gate", "show", "orders"]), &["1 of eve and 2 of bob, cyd for pipeline-integrity"]);
    let approve = |code, who| project.expect(code, &["gate", "approve", "orders", "--reason", "r", "--as", who]);
    says(&approve(3, "eve"), &["2 of 2 approvals for pipeline-integrity, from bob, cyd"]);
    approve(3, "bob");
    assert_eq!(project.version("orders"), 0);
    approve(0, "cyd");
    assert_eq!(project.version("orders"), 1);
}

/// Whoever first ran a weakened pipeline does not approve it because somebody else runs it again.
#[test]
fn who_stands_behind_an_edit_does_so_whoever_runs_it_again() {
    let run_by = |project: &Project, who: &str| {
        let output = crate::project::Output::of(project.command(&["run"]).env("PLIMSOLL_USER", who));
        assert_eq!(output.code, Some(3), "{}", output.both());
    };
    let project = published(STRONG);
    project.put_pipeline(&["orders: { source: { files: 'landing/*.csv' }, retry: { attempts: 3 } }"]);
    run_by(&project, "eve");
    says(
        &project.expect(1, &["gate", "approve", "orders", "--reason", "r", "--as", "eve"]),
        &["eve stands behind what is asked"],
    );
    project.expect(0, &["gate", "reject", "orders", "--reason", "later", "--as", "eve"]);
    project.put("landing/2.csv", "id,amount\n3,30\n");
    run_by(&project, "ci");
    says(&project.expect(3, &["gate", "show", "orders"]), &["not ci, eve, who stands behind what is asked"]);
    for who in ["eve", "ci"] {
        project.expect(1, &["gate", "approve", "orders", "--reason", "r", "--as", who]);
    }
    project.expect(0, &["gate", "approve", "orders", "--reason", "r", "--as", "ada"]);
    assert_eq!(project.version("orders"), 1);
}

/// A stage can say that nobody is to be asked.
#[test]
fn a_stage_that_is_to_fail_fails_and_reads_the_same_again() {
    let strict = |policy: &str| {
        format!(
            "orders: {{ source: {{ files: 'landing/*.csv' }}, table: {{ write: merge, key: [id] }}, \
             retry: {{ attempts: 3 }}, on_violation: {policy} }}"
        )
    };
    let project = published(&strict("{ rows: fail }"));
    project.put("landing/2.csv", "id,amount\n3,30\n4,\n");
    for _ in 0..2 {
        let report = project.json(1, &["run"]);
        let orders = dataset(&report, "orders");
        assert_eq!(orders["action"], "failed", "{report}");
        assert!(orders["error"]["message"].as_str().unwrap().contains("1 of 2 rows (50 %)"), "{report}");
        assert_eq!(orders["samples"][0]["row"], 3, "the row is shown: {report}");
        assert_eq!(orders["rows_published"], 0, "{report}");
        assert_eq!((project.version("orders"), project.count("orders")), (0, 2));
        assert_eq!(project.json(0, &["dlq", "show", "orders"])["rows_refused"], 0);
        assert_eq!(project.json(0, &["gate", "list"])["gates"], serde_json::json!([]));
        assert_eq!(crate::shop::orphans(&project), Vec::<String>::new());
    }
    says(&project.expect(1, &["run"]), &["1 of 2 rows (50 %) were refused", "no row became a dead letter"]);
    // Weakened, a person is asked; mended, nobody is.
    project.put_pipeline(&[&strict("{ above: 50% }")]);
    assert!(asked(&project).contains("failed; it would only with more than 50 %"));
    project.expect(0, &["gate", "reject", "orders", "--reason", "no", "--as", "ada"]);
    project.put_pipeline(&[&strict("{ rows: fail }")]);
    project.put("landing/2.csv", "id,amount\n3,30\n4,40\n");
    project.expect(0, &["run"]);
    assert_eq!(project.count("orders"), 4);
    // Up to the share they become dead letters.
    project.put_pipeline(&[&strict("{ above: 40%, then: fail }")]);
    project.put("landing/3.csv", "id,amount\n5,50\n6,60\n7,\n");
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "approve", "orders", "--reason", "agreed", "--as", "ada"]);
    project.expect(0, &["run"]);
    assert_eq!(project.json(0, &["dlq", "show", "orders"])["rows_refused"], 1);
    project.put("landing/4.csv", "id,amount\n8,\n");
    project.expect(1, &["run"]);
    assert_eq!(project.count("orders"), 6);
}

/// What was in force is taken from the events of the ledger, and from them only as long as nobody has changed them.
#[test]
fn a_guard_that_is_edited_in_the_ledger_is_no_weaker_guard() {
    let weak = STRONG.replace("attempts: 3", "attempts: 1");
    let fold = "UPDATE dataset SET published = replace(published, '\"attempts\":3', '\"attempts\":1')";
    let event = "UPDATE event SET body = replace(body, '\"attempts\":3', '\"attempts\":1') WHERE body LIKE '{\"event\":\"stage_published\"%'";
    for (hand, said, mended) in [
        (
            fold.to_owned(),
            &["of the last publication of orders is not what event", "ledger verify", "ledger rebuild"][..],
            true,
        ),
        (format!("{fold}; {event}"), &["is not the one that was appended", "ledger verify"], false),
    ] {
        let project = published(STRONG);
        if !sql(&project, &hand) {
            return;
        }
        project.expect(1, &["ledger", "verify"]);
        assert_eq!(project.json(0, &["run"])["outcome"], "nothing", "nothing rests on it");
        project.put_pipeline(&[&weak]);
        project.put("landing/2.csv", "id,amount\n3,30\n");
        for verb in ["plan", "run"] {
            let refused = project.expect(1, &[verb]);
            says(&refused, &["nothing is published on its word"]);
            says(&refused, said);
        }
        assert_eq!(project.version("orders"), 0);
        project.expect(1, &["ledger", "verify"]);
        if mended {
            project.expect(0, &["ledger", "rebuild"]);
            assert!(asked(&project).contains("tried 3 times, and would be once"));
        }
    }
}

/// What is known before anything ran is told before anything runs.
#[test]
fn a_plan_tells_of_the_gate_whether_it_runs_builds_or_migrates() {
    let weak = STRONG.replace("attempts: 3", "attempts: 1");
    let retry = "What fails outside was tried 3 times, and would be once.";
    let gate = "the result waits at a pipeline-integrity gate before it is published";
    let project = published(STRONG);
    project.put_pipeline(&[&weak]);
    assert!(!project.expect(0, &["plan"]).stdout.contains("waits at a"), "nothing is to be published");
    project.put("landing/2.csv", "id,amount\n3,30\n");
    says(&project.expect(0, &["plan"]), &["1 orders run", "orders is asked about", retry, gate]);
    project.put_pipeline(&[&weak.replace("table: { write: merge, key: [id] }, ", "")]);
    says(&project.expect(0, &["plan"]), &["1 orders build", "would be appended", retry, gate]);
    project.put_pipeline(&[&weak.replace("retry:", "on_violation: { above: 50% }, retry:")]);
    says(&project.expect(0, &["plan"]), &["1 orders migrate", "more than 50 %", retry, gate]);
}
