//! `plimsoll.toml`: what is read, and what is said about what cannot be.

use super::*;
use crate::project::OpenLineageSettings;

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
