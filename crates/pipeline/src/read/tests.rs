//! Projects from text: each mistake at its line, in words, with what to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contract::{Check, Column, ContractRef, DataType, DriftPolicy, Level, Rule, Scope, Severity};

use super::*;
use crate::project::{CsvOptions, Encoding, FileFormat, Incremental, Retry, SourceSpec, Vanished};
use crate::table::{PartitionBy, TableSpec, Transform, Write};

mod policies;

const MODELS: [&str; 3] = ["flight", "daily_delay", "spare"];

fn column(name: &str, data_type: DataType) -> Column {
    Column { required: true, ..Column::plain(name, data_type) }
}

fn dataset(name: &str) -> Arc<Dataset> {
    Arc::new(Dataset {
        name: name.into(),
        contract: ContractRef { id: name.into(), version: "1.0.0".into(), digest: "sha256:0".into() },
        columns: vec![
            column("id", DataType::Integer { bits: 64, signed: true }),
            column("carrier", DataType::String),
            column("distance", DataType::Float { bits: 64 }),
            column("time_hour", DataType::Timestamp { zoned: true }),
            column("day", DataType::Date),
            column("tags", DataType::List(Box::new(DataType::String))),
        ],
        checks: Vec::new(),
        primary_key: vec!["id".into()],
        encryption: None,
        drift: DriftPolicy::IgnoreExtra,
    })
}

fn contracts() -> BTreeMap<String, Arc<Dataset>> {
    ["flights_raw", "flight", "daily_delay"].into_iter().map(|name| (name.to_owned(), dataset(name))).collect()
}

fn files(pipelines: &[(&str, &str)], models: &[&str]) -> ProjectFiles {
    ProjectFiles {
        settings: None,
        pipelines: pipelines.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
        models: models.iter().map(|name| (format!("models/{name}.sql"), "SELECT 1".to_owned())).collect(),
    }
}

fn lines(found: &[Diagnostic]) -> Vec<String> {
    found
        .iter()
        .map(|found| {
            let help = found.help.as_deref().map(|help| format!(" | {help}")).unwrap_or_default();
            format!("{}:{}:{} {} {}{help}", found.path, found.span.line, found.span.column, found.code, found.message)
        })
        .collect()
}

/// Errors of `datasets:` with these lines below; models of all names are there.
fn check(datasets: &str, expected: &[&str]) -> Project {
    let text = format!("pipeline: p\ndatasets:\n{datasets}");
    let (project, found) = read(&files(&[("p.yaml", &text)], &MODELS), &contracts());
    let errors: Vec<Diagnostic> = found.into_iter().filter(|found| found.level == Level::Error).collect();
    assert_eq!(lines(&errors), expected.iter().map(|line| format!("p.yaml:{line}")).collect::<Vec<_>>(), "{text}");
    project
}

const CONVENTIONS: &str = r#"pipeline: flights
datasets:
  flights_raw:
    contract: flights_raw            # default: the dataset's own name
    source: { files: "landing/flights/*.csv.gz", format: csv, null_values: ["NA", ""], delimiter: ",", quote: "\"", header: true, encoding: utf8 }
    table: { write: append, partition_by: [{ month: time_hour }] }
  flight:
    model: models/flight.sql         # default models/<dataset>.sql when neither source nor model is given
    incremental: { from: flights_raw }
    table: { write: merge, key: [id], partition_by: [{ bucket: id, count: 8 }, { range: distance, at: [500, 1000] }, carrier] }
    retry: { attempts: 5, wait: 100ms, max_wait: 3s }
    on_violation: { above: 2% }
  daily_delay:
"#;

#[test]
fn everything_that_a_pipeline_can_say() {
    let (mut project, found) =
        read(&files(&[("pipelines/f.yaml", CONVENTIONS)], &["flight", "daily_delay"]), &contracts());
    assert_eq!(lines(&found), Vec::<String>::new());
    assert_eq!(project.datasets.keys().collect::<Vec<_>>(), ["flights_raw", "flight", "daily_delay"]);

    let raw = &project.datasets["flights_raw"];
    let Made::Source(source) = &raw.made else { panic!("a source") };
    let options =
        CsvOptions { null: vec!["NA".into(), String::new()], encoding: Encoding::Utf8, ..CsvOptions::default() };
    assert_eq!(
        *source,
        SourceSpec {
            files: "landing/flights/*.csv.gz".into(),
            format: FileFormat::Csv(options),
            vanished: Vanished::Block
        }
    );
    let by = |column: &str, transform| PartitionBy { column: column.into(), transform };
    assert_eq!(
        raw.table,
        TableSpec {
            write: Write::Append,
            key: Vec::new(),
            partition_by: vec![by("time_hour", Transform::Month)],
            column_mapping: false,
            keep_previous: None
        }
    );

    let flight = &project.datasets["flight"];
    assert_eq!(flight.pipeline, "flights");
    assert_eq!(flight.retry, Retry { attempts: 5, wait_ms: 100, wait_ms_max: 3_000 });
    assert_eq!(flight.threshold, Some(0.02));
    assert_eq!(flight.table.key, ["id"]);
    let partitions = [
        by("id", Transform::Bucket(8)),
        by("distance", Transform::Range(vec![500, 1000])),
        by("carrier", Transform::Identity),
    ];
    assert_eq!(flight.table.partition_by, partitions);

    project.set_inputs("flight", vec!["flights_raw".into(), "flights_raw".into()]);
    let Made::Model(model) = &project.datasets["flight"].made else { panic!("a model") };
    assert_eq!(model.inputs, ["flights_raw"]);
    assert_eq!(model.incremental, Some(Incremental { from: "flights_raw".into() }));

    let Made::Model(model) = &project.datasets["daily_delay"].made else { panic!("a model") };
    assert_eq!(model.path, "models/daily_delay.sql");
    assert_eq!(project.datasets["daily_delay"].table.write, Write::Overwrite);
    assert_eq!(lines(&check_graph(&project)), Vec::<String>::new());
}

#[test]
fn keys_and_words_that_are_not_known() {
    check(
        "  flight:\n    modle: x\n    table: { write: mrege, keys: [id] }\n    retry: { atempts: 3 }\n    on_violation: { above: 5%, than: gate }\n",
        &[
            "4:5 PL202 `modle` is not known here | did you mean `model`?",
            "5:28 PL202 `keys` is not known here | did you mean `key`?",
            "5:21 PL205 `mrege` is not a value of `datasets.flight.table.write` | did you mean `merge`?",
            "6:14 PL202 `atempts` is not known here | did you mean `attempts`?",
            "7:32 PL202 `than` is not known here | did you mean `then`?",
        ],
    );
}

#[test]
fn files_that_are_no_pipelines() {
    let cases = [
        ("", vec!["p.yaml:0:0 PL101 the file is empty"]),
        ("~", vec![]),
        (
            "- 1",
            vec![
                "p.yaml:1:1 PL203 a pipeline file must be a map, not a list | begin with `pipeline: <name>` and `datasets:`",
            ],
        ),
        (
            "pipeline: p",
            vec!["p.yaml:1:1 PL206 the pipeline has no `datasets` | add `datasets:` with one entry per dataset"],
        ),
        (
            "datasets: [a]",
            vec!["p.yaml:1:11 PL203 `datasets` must be a map, not a list | write one entry `<dataset>:` per dataset"],
        ),
        (
            "datasets: { flight: 5 }",
            vec![
                "p.yaml:1:21 PL203 `datasets.flight` must be a map, not the number 5 | its keys are contract, source, model, incremental, table, retry, on_violation",
            ],
        ),
    ];
    for (text, expected) in cases {
        let (_, found) = read(&files(&[("p.yaml", text)], &[]), &BTreeMap::new());
        assert_eq!(lines(&found), expected, "{text}");
    }
    let (_, found) = read(&files(&[("p.yaml", "datasets: {")], &[]), &BTreeMap::new());
    assert!(
        found.iter().all(|found| found.path == "p.yaml" && found.code == "PL101") && !found.is_empty(),
        "{found:#?}"
    );
}

#[test]
fn contracts_that_are_missing() {
    check(
        "  fligth: {}\n  other: {}\n  flight: { contract: daly_delay }\n",
        &[
            "3:3 PL211 there is no contract for the dataset `fligth` | did you mean `flight`?",
            "3:3 PL221 `fligth` has no source, and there is no file models/fligth.sql | did you mean `models/flight.sql`?",
            "4:3 PL211 there is no contract for the dataset `other` | write its contract under openspec/specs/, or name another with `contract:`",
            "4:3 PL221 `other` has no source, and there is no file models/other.sql | write the model's SELECT into this file, or give the dataset a `source`",
            "5:23 PL211 there is no contract for the dataset `daly_delay` | did you mean `daily_delay`?",
        ],
    );
}

#[test]
fn a_contract_under_another_name_takes_the_name_of_the_dataset() {
    let project = check("  spare: { contract: flight }\n", &[]);
    assert_eq!(project.datasets["spare"].contract.name, "spare");
    assert_eq!(project.datasets["spare"].contract.contract.id, "flight");
}

#[test]
fn names_that_no_table_can_have() {
    check(
        "  ../up: {}\n  1st: {}\n  \"a b\": {}\n  \"\": {}\n",
        &[
            "3:3 PL207 `../up` cannot be the name of a table | use letters, digits, _ and -, at most 128 of them, with a letter or _ first",
            "4:3 PL207 `1st` cannot be the name of a table | use letters, digits, _ and -, at most 128 of them, with a letter or _ first",
            "5:3 PL207 `a b` cannot be the name of a table | use letters, digits, _ and -, at most 128 of them, with a letter or _ first",
            "6:3 PL207 `` cannot be the name of a table | use letters, digits, _ and -, at most 128 of them, with a letter or _ first",
        ],
    );
}

#[test]
fn a_dataset_twice() {
    let one = "datasets:\n  flight: {}\n";
    let (_, found) = read(&files(&[("a.yaml", one), ("b.yaml", one)], &["flight"]), &contracts());
    assert!(lines(&found).contains(&"b.yaml:2:3 PL210 the dataset `flight` is defined in a.yaml:2 already | a dataset is made in one place: rename or remove one".to_owned()), "{found:#?}");
    let twice = "datasets:\n  flight: {}\n  flight: {}\n";
    let (project, found) = read(&files(&[("a.yaml", twice)], &["flight"]), &contracts());
    assert_eq!(
        found.iter().filter(|found| found.level == Level::Error).map(|found| found.code).collect::<Vec<_>>(),
        ["PL102"]
    );
    assert_eq!(project.datasets.len(), 1);
}

#[test]
fn sources() {
    check(
        "  flights_raw: { source: { files: \"\", formt: csv } }\n  flight: { source: { files: landing/*, header: maybe } }\n  daily_delay: { source: { files: \"a/*.PARQUET\", quote: \"'\", null_values: [{}] } }\n",
        &[
            "3:39 PL202 `formt` is not known here | did you mean `format`?",
            "3:35 PL204 `datasets.flights_raw.source.files` is empty | write a text, or leave the key out",
            "4:30 PL224 the ending of `landing/*` does not say what format the files have | add format: csv, ndjson or parquet",
            "4:49 PL203 `datasets.flight.source.header` must be true or false, not the text \"maybe\"",
            "5:76 PL203 `datasets.daily_delay.source.null_values[0]` must be a text, not a map",
            "5:75 PL225 `null_values` is an option of CSV files only | leave it out",
            "5:57 PL225 `quote` is an option of CSV files only | leave it out",
        ],
    );
    check(
        "  flights_raw: { source: { files: a.csv, delimiter: \"||\", quote: \",\" } }\n  flight: { source: {} }\n  daily_delay: { source: { files: a.csv, delimiter: 1, encoding: latin2 } }\n",
        &[
            "3:53 PL204 `datasets.flights_raw.source.delimiter` must be one ASCII character, not the text \"||\" | for example \",\" or \"\\t\", in double quotes",
            "3:66 PL204 quote and delimiter are the same | give two different characters",
            "4:21 PL206 the source has no `files` | name the files, for example files: \"landing/orders/*.csv\"",
            "5:66 PL205 `latin2` is not a value of `datasets.daily_delay.source.encoding` | did you mean `latin1`?",
        ],
    );
}

#[test]
fn formats_by_ending() {
    for (name, expected) in [
        ("a.csv", "csv"),
        ("a.CSV.gz", "csv"),
        ("x/*.ndjson", "ndjson"),
        ("x/*.jsonl.gz", "ndjson"),
        ("s3://b/*.parquet", "parquet"),
    ] {
        let project = check(&format!("  flight: {{ source: {{ files: \"{name}\" }} }}\n"), &[]);
        let Made::Source(source) = &project.datasets["flight"].made else { panic!("a source") };
        assert_eq!(serde_json::to_value(&source.format).unwrap()["format"], expected, "{name}");
        assert_eq!(project.datasets["flight"].table.write, Write::Append);
    }
}

#[test]
fn sources_and_models_do_not_mix() {
    check(
        "  flight: { source: { files: a.csv }, model: models/flight.sql, incremental: { from: x } }\n  daily_delay: { model: models/daily.sql, incremental: {} }\n",
        &[
            "3:46 PL220 `flight` has both a source and a model | keep one; to transform a source, make a second dataset with a model that reads it",
            "3:78 PL223 `incremental` is for models | leave it out: a source reads what is new by itself",
            "4:56 PL206 `incremental` needs `from` | name the input that is narrowed to what is new",
            "4:25 PL221 there is no file models/daily.sql | write the model's SELECT into this file, or give the dataset a `source`",
        ],
    );
}

#[test]
fn keys_and_columns() {
    check(
        "  flight: { table: { write: merge } }\n  daily_delay: { table: { write: merge, key: [idd, id, id] } }\n  flights_raw: { source: { files: a.csv }, table: { write: merge, key: [] } }\n",
        &[
            "3:29 PL230 `merge` needs a key | add key: [id]",
            "4:47 PL232 the contract of `daily_delay` has no column `idd` | did you mean `id`?",
            "4:56 PL233 `id` is listed twice | remove one",
            "5:72 PL204 the key has no columns | name at least one column",
        ],
    );
}

#[test]
fn partitions() {
    let table = |partitions: &str| format!("  flight: {{ table: {{ partition_by: {partitions} }} }}\n");
    let cases = [
        (
            "[{ day: carrier }]",
            "3:44 PL234 `carrier` is string, and this way of partitioning needs a date or a timestamp | choose another column, or another way of partitioning",
        ),
        (
            "[{ hour: day }]",
            "3:45 PL234 `day` is date, and this way of partitioning needs a timestamp | choose another column, or another way of partitioning",
        ),
        (
            "[{ range: carrier, at: [1] }]",
            "3:46 PL234 `carrier` is string, and this way of partitioning needs a number | choose another column, or another way of partitioning",
        ),
        (
            "[tags]",
            "3:37 PL234 `tags` is list<string>, and this way of partitioning needs a single value that can be part of a path | choose another column, or another way of partitioning",
        ),
        (
            "[{ bucket: tags, count: 4 }]",
            "3:47 PL234 `tags` is list<string>, and this way of partitioning needs a single value | choose another column, or another way of partitioning",
        ),
        ("[{ bucket: id }]", "3:37 PL206 `bucket` needs `count` | add count: a number from 2 to 4096"),
        (
            "[{ bucket: id, count: 1 }]",
            "3:58 PL204 `datasets.flight.table.partition_by[0].count` is 1 | give a number from 2 to 4096",
        ),
        (
            "[{ bucket: id, count: 4097 }]",
            "3:58 PL204 `datasets.flight.table.partition_by[0].count` is 4097 | give a number from 2 to 4096",
        ),
        (
            "[{ range: id }]",
            "3:37 PL206 `range` needs `at` | list whole numbers in ascending order, for example at: [500, 1000]",
        ),
        (
            "[{ range: id, at: [2, 2] }]",
            "3:54 PL204 `at` does not divide the numbers into ranges | list whole numbers in ascending order, for example at: [500, 1000]",
        ),
        (
            "[{ weak: id }]",
            "3:37 PL205 a partition names exactly one way of partitioning and its column | known here: identity, hour, day, month, year, bucket, range",
        ),
        (
            "[{ mont: day }]",
            "3:37 PL205 a partition names exactly one way of partitioning and its column | did you mean `month`?",
        ),
        (
            "[{ day: day, month: day }]",
            "3:37 PL205 a partition names exactly one way of partitioning and its column | did you mean `day`?",
        ),
        ("[{ day: day, count: 3 }]", "3:49 PL202 `count` is not known here | known here: day"),
        ("[{ day: days }]", "3:44 PL232 the contract of `flight` has no column `days` | did you mean `day`?"),
        ("[carrier, { identity: carrier }]", "3:46 PL233 the partition column `carrier` is there twice | remove one"),
        (
            "carrier",
            "3:36 PL203 `datasets.flight.table.partition_by` must be a list, not the text \"carrier\" | for example [{ day: ordered_at }, country]",
        ),
        ("[]", "3:36 PL204 `partition_by` is empty | name a column, or leave the key out"),
    ];
    for (partitions, expected) in cases {
        check(&table(partitions), &[expected]);
    }
    check(
        "  flight: { table: { write: replace_partitions } }\n",
        &[
            "3:29 PL235 `replace_partitions` needs `partition_by` | add partition_by: [{ day: <column> }], or choose another way to write",
        ],
    );
}

#[test]
fn partition_columns_do_not_hide_or_swallow_columns() {
    let mut contracts = contracts();
    let mut small = Dataset::clone(&dataset("flight"));
    small.columns = vec![column("day", DataType::Date), column("day_month", DataType::String)];
    contracts.insert("flight".into(), Arc::new(small));
    let run = |partitions: &str| {
        let text = format!("datasets:\n  flight: {{ table: {{ partition_by: {partitions} }} }}\n");
        let (_, found) = read(&files(&[("p.yaml", &text)], &["flight"]), &contracts);
        found.into_iter().filter(|found| found.level == Level::Error).map(|found| found.code).collect::<Vec<_>>()
    };
    assert_eq!(run("[{ month: day }]"), ["PL236"]);
    assert_eq!(run("[day, day_month]"), ["PL237"]);
    assert_eq!(run("[day]"), Vec::<&str>::new());
}

#[test]
fn what_nothing_uses() {
    let text = "datasets:\n  flight: { table: { key: [id] } }\n";
    let (_, found) = read(&files(&[("p.yaml", text)], &["flight", "spare"]), &contracts());
    assert_eq!(
        lines(&found),
        [
            "p.yaml:2:27 PL231 a key is used by `merge` only | write: merge replaces rows by their key; otherwise leave it out",
            "models/spare.sql:1:1 PL222 no dataset is made by models/spare.sql | name it in a pipeline, or remove it",
            "p.yaml:1:1 PL212 no pipeline has a dataset with the contract `daily_delay` | add it under `datasets:` when it is needed",
            "p.yaml:1:1 PL212 no pipeline has a dataset with the contract `flights_raw` | add it under `datasets:` when it is needed",
        ]
    );
}

#[test]
fn references_that_lead_nowhere() {
    let mut contracts = contracts();
    let mut referring = Dataset::clone(&dataset("flight"));
    for to in ["flights_rawe", "airports"] {
        referring.checks.push(Check {
            id: format!("id.{to}"),
            scope: Scope::Row,
            severity: Severity::Error,
            element: None,
            rule: Rule::Reference { columns: vec!["id".into()], to_dataset: to.into(), to_columns: vec!["id".into()] },
            expected: String::new(),
            threshold: None,
            limits: contract::Limits::default(),
        });
    }
    contracts.insert("flight".into(), Arc::new(referring));
    let text = "datasets:\n  flight: {}\n  daily_delay: {}\n  flights_raw: { source: { files: a.csv } }\n";
    let (_, found) = read(&files(&[("p.yaml", text)], &["flight", "daily_delay"]), &contracts);
    assert_eq!(
        lines(&found),
        [
            "p.yaml:2:3 PL213 check `id.airports` of `flight` looks into `airports`, which no pipeline has | add `airports` to a pipeline, or take the relationship out of the contract",
            "p.yaml:2:3 PL213 check `id.flights_rawe` of `flight` looks into `flights_rawe`, which no pipeline has | did you mean `flights_raw`?",
        ]
    );
}

/// The findings of `check_graph`, after these inputs were found in the SQL.
fn graph(datasets: &str, inputs: &[(&str, &[&str])], expected: &[&str]) {
    let mut project = check(datasets, &[]);
    for (name, inputs) in inputs {
        project.set_inputs(name, inputs.iter().map(|input| (*input).to_owned()).collect());
    }
    assert_eq!(lines(&check_graph(&project)), expected.iter().map(|line| format!("p.yaml:{line}")).collect::<Vec<_>>());
}

#[test]
fn circles() {
    let datasets = "  spare: { contract: flights_raw }\n  flight: {}\n  daily_delay: {}\n";
    graph(
        datasets,
        &[("spare", &["daily_delay"]), ("flight", &["spare"]), ("daily_delay", &["flight"])],
        &[
            "5:3 PL240 datasets need each other in a circle: daily_delay -> flight -> spare -> daily_delay | break it: one of them must not read, or refer to, the next",
        ],
    );
    graph(
        datasets,
        &[("flight", &["flight"])],
        &[
            "4:3 PL240 models/flight.sql reads `flight`, the dataset that it makes | a model cannot read its own result; merge into it, or read the dataset that it comes from",
        ],
    );
}

#[test]
fn inputs_that_no_pipeline_has() {
    graph(
        "  flight: {}\n  spare: { contract: flight }\n",
        &[("flight", &["elsewhere", "spar"])],
        &[
            "3:3 PL244 models/flight.sql reads `elsewhere`, which no pipeline has | add `elsewhere` to a pipeline",
            "3:3 PL244 models/flight.sql reads `spar`, which no pipeline has | did you mean `spare`?",
        ],
    );
}

#[test]
fn a_dataset_that_could_not_be_read_is_not_missing() {
    let text = "datasets:\n  flight: {}\n  flights_raw: { source: {} }\n";
    let (mut project, _) = read(&files(&[("p.yaml", text)], &["flight"]), &contracts());
    project.set_inputs("flight", vec!["flights_raw".into()]);
    assert_eq!(lines(&check_graph(&project)), Vec::<String>::new());
}

#[test]
fn increments_that_cannot_be_taken() {
    let source = "  flights_raw: { source: { files: a.csv }, table: { partition_by: [{ month: time_hour }] } }\n";
    graph(
        &format!("{source}  flight: {{ incremental: {{ from: flight_raw }} }}\n"),
        &[("flight", &["flights_raw"])],
        &["4:34 PL241 `flight_raw` is not an input of models/flight.sql | did you mean `flights_raw`?"],
    );
    let replaced = |partitions: &str| {
        format!(
            "  flight: {{ incremental: {{ from: flights_raw }}, table: {{ write: replace_partitions, partition_by: {partitions} }} }}\n"
        )
    };
    graph(
        &format!("  flights_raw: {{ source: {{ files: a.csv }} }}\n{}", replaced("[day]")),
        &[("flight", &["flights_raw"])],
        &[
            "4:34 PL242 `flights_raw` has no partitions, so which of them were touched cannot be told | add partition_by to the table of `flights_raw`, or leave `incremental` out",
        ],
    );
    for partitions in ["[{ month: time_hour }]", "[{ day: time_hour }]", "[carrier, { hour: time_hour }]"] {
        graph(&format!("{source}{}", replaced(partitions)), &[("flight", &["flights_raw"])], &[]);
    }
    for partitions in ["[{ year: time_hour }]", "[carrier]"] {
        graph(
            &format!("{source}{}", replaced(partitions)),
            &[("flight", &["flights_raw"])],
            &[
                "4:99 PL243 rows of one partition of `flight` may come from several partitions `time_hour_month` of `flights_raw`, of which only the touched ones are read | partition the result by the same column as the input, and at least as finely",
            ],
        );
    }
}

#[test]
fn codes_are_in_order_and_once() {
    let codes: Vec<&str> = codes().iter().map(|code| code.code).collect();
    assert!(codes.is_sorted_by(|left, right| left < right), "{codes:?}");
}

/// Words that a project file is made of, thrown together: nearer to a real file than random characters.
fn project_like() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let word = prop_oneof![
        Just("pipeline: p\n"),
        Just("datasets:\n"),
        Just("  flight:\n"),
        Just("    table: "),
        Just("{ write: merge, key: [id] }"),
        Just("    source: "),
        Just("{ files: \"a.csv\" }\n"),
        Just("partition_by: [{ month: day }]"),
        Just("[store]\n"),
        Just("threshold = \"5%\"\n"),
        Just("memory = 12\n"),
        Just("\n"),
        Just(": "),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just("\""),
        Just("&a"),
        Just("*a"),
        Just("\t"),
        Just("\u{0}"),
        Just("é"),
    ];
    prop_oneof![any::<String>(), proptest::collection::vec(word, 0..40).prop_map(|words| words.concat())]
}

proptest::proptest! {
    /// A fuzz target for the project's files: whatever stands there, reading ends, and every finding is inside the text.
    #[test]
    fn any_text_is_read_without_a_panic(settings in project_like(), pipeline in project_like()) {
        let files = ProjectFiles {
            settings: Some(("plimsoll.toml".into(), settings.clone())),
            pipelines: vec![("pipelines/p.yaml".into(), pipeline.clone())],
            models: BTreeMap::new(),
        };
        let (project, found) = read(&files, &contracts());
        for finding in found.iter().chain(&check_graph(&project)) {
            let text = if finding.path == "plimsoll.toml" { &settings } else { &pipeline };
            proptest::prop_assert!(finding.span.end <= text.len(), "{finding:?}");
        }
    }
}
