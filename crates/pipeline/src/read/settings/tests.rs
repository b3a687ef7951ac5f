//! `plimsoll.toml`: what is read, and what is said about what cannot be.

use super::*;
use crate::decide::GateKind;
use crate::project::{GateSettings, KindSettings, OpenLineageSettings};

fn check(text: &str, expected: &[&str]) -> Settings {
    let mut found = Vec::new();
    let settings = read("plimsoll.toml", text, &mut found);
    let lines: Vec<String> = found
        .iter()
        .map(|found| {
            let help = found.help.as_deref().map(|help| format!(" | {help}")).unwrap_or_default();
            format!("{}:{} {} {}{help}", found.span.line, found.span.column, found.code, found.message)
        })
        .collect();
    assert_eq!(lines, expected);
    settings
}

#[test]
fn everything_that_can_be_set() {
    let settings = check(
        r#"
name = "flights"
warehouse = "s3://lake/flights"
ledger = "postgres://plimsoll@db/ledger"
concurrency = 4
memory = "1.5 GiB"
threshold = "2.5%"

[store]
aws_endpoint = "http://localhost:9000"
aws_secret_access_key = "${SECRET}"
timeout = 30

[changes]
approvers = ["ada", "bob", "cyd"]
breaking_approvals = 2
allowed_signers = "approvers.signers"
unapproved = "warn"

[openlineage]
namespace = "here"
file = "events.ndjson"
url = "${LINEAGE}"
key = "${KEY}"
timeout = "2min"
[gates]
approvers = ["ada", "bob"]
approvals = 2
allowed_signers = "gates.signers"
escalate_after = "36h"
escalate_to = "zoe"
expires_after = "10d"
[gates.data-migration]
approvers = ["cyd"]
approvals = 1
[gates.contract-update]
escalate_after = "2h"
escalate_to = ["yan"]
expires_after = "5d"
"#,
        &[],
    );
    let store = [("aws_endpoint", "http://localhost:9000"), ("aws_secret_access_key", "${SECRET}"), ("timeout", "30")];
    assert_eq!(
        settings,
        Settings {
            name: "flights".into(),
            warehouse: "s3://lake/flights".into(),
            ledger: "postgres://plimsoll@db/ledger".into(),
            concurrency: 4,
            memory: 3 << 29,
            threshold: 0.025,
            store: store.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            privacy: crate::privacy::PrivacySettings::default(),
            environment: Environment::Development,
            gates: GateSettings {
                approvers: ["ada", "bob"].map(str::to_owned).to_vec(),
                approvals: 2,
                kinds: [
                    (
                        "data-migration",
                        KindSettings {
                            approvers: Some(vec!["cyd".to_owned()]),
                            approvals: Some(1),
                            ..KindSettings::default()
                        },
                    ),
                    (
                        "contract-update",
                        KindSettings {
                            escalate_after_ms: Some(2 * 3_600_000),
                            escalate_to: Some(vec!["yan".to_owned()]),
                            expires_after_ms: Some(5 * 86_400_000),
                            ..KindSettings::default()
                        },
                    ),
                ]
                .into(),
                allowed_signers: Some("gates.signers".into()),
                escalate_after_ms: 36 * 3_600_000,
                escalate_to: vec!["zoe".to_owned()],
                expires_after_ms: 10 * 86_400_000,
            },
            changes: ChangeSettings {
                approvers: ["ada", "bob", "cyd"].map(str::to_owned).to_vec(),
                approvals: 1,
                breaking_approvals: 2,
                allowed_signers: Some("approvers.signers".into()),
                unapproved: Unapproved::Warn,
            },
            openlineage: OpenLineageSettings {
                namespace: Some("here".into()),
                file: Some("events.ndjson".into()),
                url: Some("${LINEAGE}".into()),
                key: Some("${KEY}".into()),
                timeout_ms: 120_000,
            },
        }
    );
}

#[test]
fn approvals_that_nobody_could_give_are_told() {
    let line =
        "2:1 PL204 2 approvals are asked for, and 1 may approve | name more `approvers`, or ask for fewer approvals";
    check("threshold = 0.1\n[changes]\napprovers = \"ada\"\napprovals = 2", &[line]);
    // One person, twice.
    check("threshold = 0.1\n[changes]\napprovers = [\"ada\", \"Ada \"]\napprovals = 2", &[line]);
    check("threshold = 0.1\n[gates]\napprovers = [\"ada\", \"Ada \"]\napprovals = 2", &[line]);
}

#[test]
fn what_gates_cannot_mean_is_told() {
    check(
        "[gates]\nescalate_after = \"2h\"",
        &["2:18 PL204 gates are escalated to nobody | name those who may decide then with `escalate_to`"],
    );
    check(
        "[gates]\nescalate_to = \"zoe\"\nexpires_after = \"1h\"",
        &["1:1 PL204 gates expire before they are escalated | let `escalate_after` be shorter than `expires_after`"],
    );
    check(
        "[gates]\napprovers = \"ada\"\n[gates.data-quality]\napprovals = 2",
        &["3:1 PL204 2 approvals are asked for, and 1 may approve | name more `approvers`, or ask for fewer approvals"],
    );
}

#[test]
fn a_kind_has_its_own_times_or_those_of_all_gates() {
    let times = |text: &str, kind| {
        let settings = check(text, &[]);
        let times = settings.gate_times(kind);
        let hours = |ms: u64| ms / 3_600_000;
        let (after, expires) = (hours(times.escalate_after_ms), hours(times.expires_after_ms));
        format!("{after} to {} until {expires}", times.escalate_to.join(" "))
    };
    let gates =
        "[gates]\nescalate_to = \"zoe\"\nexpires_after = \"5d\"\n[gates.contract-update]\nescalate_after = \"2h\"";
    assert_eq!(times("", GateKind::DataQuality), "24 to  until 720");
    assert_eq!(times(gates, GateKind::DataQuality), "24 to zoe until 120");
    assert_eq!(times(gates, GateKind::ContractUpdate), "2 to zoe until 120");
    check(
        "[gates.contract-update]\nescalate_after = \"2h\"",
        &[
            "2:18 PL204 gates of the kind contract-update are escalated to nobody | name those who may decide then with `escalate_to`",
        ],
    );
    check(
        "[gates]\nescalate_to = \"zoe\"\n[gates.data-quality]\nexpires_after = \"1h\"",
        &[
            "3:1 PL204 gates of the kind data-quality expire before they are escalated | let `escalate_after` be shorter than `expires_after`",
        ],
    );
}

#[test]
fn a_change_is_approved_by_those_of_its_kind_of_gate_or_those_of_changes() {
    let approvers = |text: &str, is_breaking| {
        let settings = check(text, &[]);
        let (names, needed) = settings.change_approvers(is_breaking);
        format!("{} of {}", needed, names.join(" "))
    };
    let changes = "[changes]\napprovers = [\"ada\", \"bob\"]\nbreaking_approvals = 2\n";
    assert_eq!((approvers(changes, false), approvers(changes, true)), ("1 of ada bob".into(), "2 of ada bob".into()));
    let kind = format!("{changes}[gates.contract-update]\napprovers = [\"cyd\", \"dan\", \"eve\"]\napprovals = 1\n");
    assert_eq!(
        (approvers(&kind, false), approvers(&kind, true)),
        ("1 of cyd dan eve".into(), "2 of cyd dan eve".into())
    );
}

#[test]
fn an_unapproved_contract_is_used_in_development_only() {
    let of = |text: &str| check(text, &[]).environment;
    assert_eq!(of(""), Environment::Production);
    assert_eq!(of("environment = \"development\""), Environment::Development);
    assert_eq!(of("[changes]\nunapproved = \"warn\""), Environment::Development);
    check(
        "environment = \"production\"\n[changes]\nunapproved = \"warn\"",
        &[
            "1:15 PL204 in production nothing runs on a contract that nobody approved | take `unapproved = \"warn\"` out of [changes]",
        ],
    );
}

#[test]
fn the_approvers_of_a_kind_are_its_own_or_those_of_all_gates_or_those_of_changes() {
    let approvers = |text: &str, kind| {
        let settings = check(text, &[]);
        let (names, needed) = settings.gate_approvers(kind);
        format!("{} of {}", needed, names.join(" "))
    };
    let changes = "[changes]\napprovers = \"ada\"";
    let gates =
        "[changes]\napprovers = \"ada\"\n[gates]\napprovers = [\"bob\", \"cyd\"]\n[gates.data-quality]\napprovals = 2";
    assert_eq!(approvers("", GateKind::DataQuality), "1 of ");
    assert_eq!(approvers(changes, GateKind::DataQuality), "1 of ada");
    assert_eq!(approvers(gates, GateKind::DataQuality), "2 of bob cyd");
    assert_eq!(approvers(gates, GateKind::DataMigration), "1 of bob cyd");
    assert_eq!(check("[changes]\nallowed_signers = \"a\"", &[]).gate_signers(), Some("a"));
}

#[test]
fn nothing_set_is_the_defaults() {
    assert_eq!(check("", &[]), Settings::default());
}

#[test]
fn numbers_need_no_unit() {
    let settings = check("memory = 0x4000000\nthreshold = 0.1\nconcurrency = 1_0", &[]);
    assert_eq!((settings.memory, settings.threshold, settings.concurrency), (64 << 20, 0.1, 10));
}

#[test]
fn every_mistake_is_told_and_the_rest_is_read() {
    let settings = check(
        "nmae = \"x\"\nwarehouse = 5\nledger = \"mysql://root:secret@db\"\nconcurrency = 0\nmemory = \"lots\"\n\
         threshold = 5\nstore = \"s3\"\nname = \"kept\"\n",
        &[
            "1:1 PL202 `nmae` is not known here | did you mean `name`?",
            "2:13 PL203 `warehouse` must be a text, not the number 5 | put it in quotes",
            "3:10 PL204 the ledger's address has no known scheme | write `sqlite:.plimsoll/ledger.db` or `postgres://user@host/database`",
            "4:15 PL204 `concurrency` is 0 | give a number from 1 to 256",
            "5:10 PL204 `memory` is not a size: the text \"lots\" | write a size such as 512 MiB or 2 GiB",
            "6:13 PL204 `threshold` is not a share: the number 5 | write a share such as 5%, or the same as a number from 0 to 1 such as 0.05",
            "7:9 PL203 `store` must be a table, not the text \"s3\" | write [store] and below it one option per line",
        ],
    );
    assert_eq!(settings, Settings { name: "kept".into(), ..Settings::default() });
}

#[test]
fn too_little_memory() {
    check(
        "memory = \"1 MiB\"",
        &["1:10 PL204 `memory` is 1048576 bytes, which is too little to work with | give at least 16 MiB"],
    );
}

#[test]
fn broken_toml_keeps_what_was_understood() {
    let mut found = Vec::new();
    let settings = read("plimsoll.toml", "name = \"x\"\nmemory = = 3\n", &mut found);
    assert_eq!(settings.name, "x");
    assert!(found.iter().any(|found| found.code == "PL201" && found.span.line == 2), "{found:#?}");
}

#[test]
fn columns_count_characters() {
    check(
        "name = \"é\" # é\nstore = { a = [1], \"é\" = 2, b = [] }\n",
        &["2:15 PL203 `store.a` must be a text, not a list", "2:33 PL203 `store.b` must be a text, not a list"],
    );
}
