//! `contract test` on tables of a real PostgreSQL: what the database decides must be what is decided of the same rows in a file.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int16Array, Int32Array, Int64Array,
    ListBuilder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use testkit::Postgres;

use crate::project::Project;

const ROWS: usize = 3_000;

const CONTRACT: &str = r#"apiVersion: v3.2.0
kind: DataContract
id: urn:db:events
name: events
version: 1.0.0
status: active
schema:
  - name: events
    physicalName: Events
    properties:
      - { name: id, logicalType: integer, physicalType: bigint, required: true, unique: true }
      - { name: small, physicalName: Small One, logicalType: integer, physicalType: smallint, logicalTypeOptions: { exclusiveMinimum: -5, maximum: 90, multipleOf: 3 } }
      - { name: amount, logicalType: number, physicalType: 'numeric(12,2)', required: true, logicalTypeOptions: { minimum: -10.5, exclusiveMaximum: 99.99, multipleOf: 0.25 } }
      - { name: ratio, logicalType: number, physicalType: double, logicalTypeOptions: { minimum: 0, maximum: 1, multipleOf: 0.1 } }
      - { name: name, logicalType: string, unique: true, logicalTypeOptions: { minLength: 2, maxLength: 4 }, quality: [{ type: library, metric: missingValues, arguments: { missingValues: ['', 'é'] }, unit: percent, mustBeLessThan: 3 }] }
      - { name: code, logicalType: string, enum: [{ value: 'a' }, { value: "it's" }, { value: 'é' }, { value: '\' }], logicalTypeOptions: { pattern: '^(?:[^\n"]\W?|é+|a{1,3})$' } }
      - { name: word, logicalType: string, logicalTypeOptions: { pattern: '\bx|[\u{1F600}-\u{1F64F}]' } }
      - { name: free, logicalType: string, logicalTypeOptions: { pattern: '(?i)straße|\d\d$' }, quality: [{ type: library, metric: invalidValues, arguments: { validValues: [abc, 'x '], pattern: '^[\p{L}-]+$' }, mustBe: 0 }] }
      - { name: mail, logicalType: string, logicalTypeOptions: { format: email } }
      - { name: key, logicalType: string, logicalTypeOptions: { format: uuid } }
      - { name: day, logicalType: date, logicalTypeOptions: { minimum: '2020-01-01', exclusiveMaximum: '2024-02-29' } }
      - { name: at, logicalType: timestamp, logicalTypeOptions: { timezone: true, minimum: '2020-01-01T00:00:00+02:00' } }
      - { name: wall, logicalType: timestamp, logicalTypeOptions: { timezone: false, maximum: '2023-06-01T12:00:00.000001' } }
      - { name: flag, logicalType: boolean, required: true, enum: [{ value: true }] }
      - { name: tags, logicalType: array, items: { logicalType: string }, required: true, logicalTypeOptions: { maxItems: 2, uniqueItems: true } }
      - { name: parent, logicalType: integer, relationships: [{ to: parents.id }] }
      - { name: absent, logicalType: string, required: true, logicalTypeOptions: { minLength: 1 } }
    quality:
      - { type: library, metric: rowCount, mustBeBetween: [1, 5000] }
      - { type: library, metric: duplicateValues, arguments: { properties: [small, code] }, mustBe: 0 }
      - { type: library, metric: duplicateValues, arguments: { properties: [ratio] }, mustBe: 0 }
      - { type: library, metric: duplicateValues, arguments: { properties: [amount, day, flag] }, unit: percent, mustBeLessThan: 1 }
      - { type: sql, query: 'SELECT count(*) FROM {object} WHERE small > 50', mustBeLessThan: 3 }
      - { type: sql, query: 'SELECT avg(id) FROM Events e WHERE e."Small One" IS NOT NULL', mustBeGreaterThan: 1e9 }
      - { type: custom, engine: plimsoll, implementation: { rowPredicate: "small BETWEEN 1 AND 50 OR NOT (flag OR code IS NULL)" } }
      - { type: custom, engine: plimsoll, implementation: { rowPredicate: "amount * 2 > 3 OR name = 'x'" } }
      - { type: custom, engine: plimsoll, implementation: { rowPredicate: "name LIKE 'a%' OR day <> DATE '2021-01-01'" } }
      - { type: library, metric: nullValues, arguments: { property: small }, mustBe: 0 }
  - name: parents
    properties:
      - { name: id, logicalType: integer, primaryKey: true }
      - { name: self, logicalType: integer, relationships: [{ to: parents.id }] }
"#;

/// A sequence that is the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn pick<T: Clone>(&mut self, values: &[T]) -> Option<T> {
        // One of eight values is missing.
        (self.next(8) > 0).then(|| values[self.next(values.len() as u64) as usize].clone())
    }
}

#[derive(Default)]
struct Rows {
    id: Vec<Option<i64>>,
    small: Vec<Option<i16>>,
    amount: Vec<Option<i128>>,
    ratio: Vec<Option<f64>>,
    texts: [Vec<Option<String>>; 6],
    day: Vec<Option<i32>>,
    at: Vec<Option<i64>>,
    wall: Vec<Option<i64>>,
    flag: Vec<Option<bool>>,
    tags: Vec<Option<Vec<Option<String>>>>,
    parent: Vec<Option<i32>>,
}

const TEXTS: [&[&str]; 6] = [
    &["", " ", "a", "ab", "é", "e\u{301}", "😀", "😀😀😀😀😀", "abcd", "ABCD", "x", "a b  ", "  ", "İi", "ﬀ"],
    &["a", "aa", "aaaa", "it's", "é", "éé", "\\", "\n", "\"", "a\n", "-", "_", "\u{2028}", "a'b"],
    &["x", "ax", "a x", "éx", "😀", "🙏", "y", "x\ny", ""],
    &["STRASSE", "Straße", "straSSe", "ſtraße", "x12", "12\n", "abc", "x ", "x", "Éa-b", "1a", "K", "१२"],
    &["a@b.c", "a@b", "@", "\"a b\"@c.d", "a@[127.0.0.1]", "a..b@c.d", ""],
    &[
        "123e4567-e89b-12d3-a456-426614174000",
        "123E4567-E89B-12D3-A456-42661417400F",
        "123e4567-e89b-12d3-a456-42661417400",
        "123e4567-e89b-12d3-a456-426614174000\n",
        "g23e4567-e89b-12d3-a456-426614174000",
    ],
];

fn rows(seed: u64) -> Rows {
    let mut dice = Dice(seed);
    let mut rows = Rows::default();
    let ratios = [0.0, -0.0, 0.1, 0.3, 1.0, 1.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.1 + 0.2, 1e-300, 5e15];
    let moments = [0, 1_577_829_600_000_000, 1_577_829_599_999_999, 1_685_620_800_000_001, 1_685_620_800_000_002, -1];
    for at in 0..ROWS {
        rows.id.push((at % 97 > 0).then(|| dice.next(ROWS as u64 * 4) as i64));
        rows.small.push(dice.pick(&[-6, -5, -4, 0, 3, 4, 50, 51, 90, 91, i16::MAX, i16::MIN]));
        rows.amount.push(dice.pick(&[-1_051, -1_050, 0, 25, 26, 9_998, 9_999, 150, 999_999_999_999]));
        rows.ratio.push(dice.pick(&ratios));
        for (texts, values) in rows.texts.iter_mut().zip(TEXTS) {
            texts.push(dice.pick(values).map(str::to_owned));
        }
        rows.day.push(dice.pick(&[18_261, 18_262, 18_628, 19_781, 19_782, -719_162, 0]));
        rows.at.push(dice.pick(&moments));
        rows.wall.push(dice.pick(&moments));
        rows.flag.push(dice.pick(&[true, true, false]));
        let lists: [Vec<Option<&str>>; 6] = [
            vec![],
            vec![Some("a")],
            vec![Some("a"), Some("a")],
            vec![None, None],
            vec![Some("a"), None],
            vec![Some("{},\""); 3],
        ];
        rows.tags.push(dice.pick(&lists).map(|list| list.into_iter().map(|item| item.map(str::to_owned)).collect()));
        rows.parent.push(dice.pick(&[1, 2, 3, 4, 99, -1]));
    }
    rows
}

impl Rows {
    fn batch(&self) -> RecordBatch {
        let text = |at: usize| Arc::new(StringArray::from(self.texts[at].clone())) as ArrayRef;
        let amount = Decimal128Array::from(self.amount.clone()).with_precision_and_scale(12, 2).unwrap();
        let mut tags = ListBuilder::new(StringBuilder::new());
        for list in &self.tags {
            list.iter().flatten().for_each(|item| tags.values().append_option(item.as_ref()));
            tags.append(list.is_some());
        }
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(Int64Array::from(self.id.clone()))),
            ("Small One", Arc::new(Int16Array::from(self.small.clone()))),
            ("amount", Arc::new(amount)),
            ("ratio", Arc::new(Float64Array::from(self.ratio.clone()))),
            ("name", text(0)),
            ("code", text(1)),
            ("word", text(2)),
            ("free", text(3)),
            ("mail", text(4)),
            ("key", text(5)),
            ("day", Arc::new(Date32Array::from(self.day.clone()))),
            ("at", Arc::new(TimestampMicrosecondArray::from(self.at.clone()).with_timezone("UTC"))),
            ("wall", Arc::new(TimestampMicrosecondArray::from(self.wall.clone()))),
            ("flag", Arc::new(BooleanArray::from(self.flag.clone()))),
            ("tags", Arc::new(tags.finish())),
            ("parent", Arc::new(Int32Array::from(self.parent.clone()))),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    /// As a table of the database, through COPY's text form.
    fn sql(&self) -> String {
        let mut sql = String::from(
            "CREATE SCHEMA sales; CREATE TABLE sales.\"Events\" (id bigint, \"Small One\" smallint, amount numeric(12,2), \
             ratio float8, name text, code varchar(10), word text COLLATE \"C.utf8\", free text, mail text, key text, \
             day date, at timestamptz, wall timestamp, flag boolean, tags text[], parent integer, note interval);\n\
             CREATE TABLE sales.parents (id integer, self bigint);\n\
             INSERT INTO sales.parents VALUES (1, 2), (2, NULL), (3, 9), (3, 3);\n\
             COPY sales.\"Events\" (id, \"Small One\", amount, ratio, name, code, word, free, mail, key, day, at, wall, \
             flag, tags, parent) FROM STDIN;\n",
        );
        for row in 0..ROWS {
            let mut fields: Vec<Option<String>> = vec![
                self.id[row].map(|value| value.to_string()),
                self.small[row].map(|value| value.to_string()),
                self.amount[row].map(|value| format!("{value}e-2")),
                self.ratio[row].map(|value| {
                    if value.is_infinite() {
                        format!("{}Infinity", if value < 0.0 { "-" } else { "" })
                    } else {
                        format!("{value:e}")
                    }
                }),
            ];
            fields.extend(self.texts.iter().map(|texts| texts[row].as_deref().map(escaped)));
            fields.push(self.day[row].map(|value| moment(i64::from(value) * 86_400_000_000, "%Y-%m-%d")));
            fields.push(self.at[row].map(|value| moment(value, "%Y-%m-%d %H:%M:%S%.6f+00")));
            fields.push(self.wall[row].map(|value| moment(value, "%Y-%m-%d %H:%M:%S%.6f")));
            fields.push(self.flag[row].map(|value| value.to_string()));
            fields.push(self.tags[row].as_ref().map(|list| {
                let item = |item: &Option<String>| match item {
                    Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                    None => "NULL".to_owned(),
                };
                escaped(&format!("{{{}}}", list.iter().map(item).collect::<Vec<_>>().join(",")))
            }));
            fields.push(self.parent[row].map(|value| value.to_string()));
            let line: Vec<String> = fields.into_iter().map(|field| field.unwrap_or_else(|| "\\N".to_owned())).collect();
            writeln!(sql, "{}", line.join("\t")).unwrap();
        }
        sql.push_str("\\.\n");
        sql
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
}

fn moment(micros: i64, form: &str) -> String {
    chrono::DateTime::from_timestamp_micros(micros).unwrap().format(form).to_string()
}

fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn report(project: &Project, code: i32, args: &[&str]) -> Value {
    let args: Vec<&str> = ["contract", "test", "c.odcs.yaml", "--json"].iter().chain(args).copied().collect();
    let output = project.expect(code, &args);
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", output.both()))
}

/// What was found: rows, and of each check how it came out.
fn found(report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for dataset in report["datasets"].as_array().unwrap() {
        found.push(format!("{} {} rows {} refused", dataset["name"], dataset["rows_read"], dataset["rows_refused"]));
        for check in dataset["checks"].as_array().unwrap() {
            found.push(format!(
                "{} {} {} {} {}",
                check["id"], check["outcome"], check["violations"], check["value"], check["ratio"]
            ));
        }
    }
    found
}

fn differing(left: &Value, right: &Value) -> Vec<String> {
    let (left, right) = (found(left), found(right));
    assert_eq!(left.len(), right.len());
    let pairs = left.into_iter().zip(right).filter(|(left, right)| left != right);
    pairs.map(|(left, right)| format!("file {left}\n  db {right}")).collect()
}

#[test]
fn a_database_counts_what_a_file_counts() {
    let Some(server) = Postgres::shared() else { return };
    let project = Project::new().write("c.odcs.yaml", CONTRACT);
    let parents: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int32Array::from(vec![1, 2, 3, 3]))),
        ("self", Arc::new(Int64Array::from(vec![Some(2), None, Some(9), Some(3)]))),
    ];
    let parents = parents.into_iter().map(|(name, array)| (name, array, true));
    project.put("parents.parquet", parquet(&RecordBatch::try_from_iter_with_nullable(parents).unwrap()));
    for seed in [1, 2] {
        let rows = rows(seed);
        project.put("events.parquet", parquet(&rows.batch()));
        let url = server.database();
        server.execute(&url, &rows.sql()).unwrap();
        let events = format!("events={url}?table=sales.Events");
        let tables = ["--data", &events, "--data", &format!("parents={url}?table=sales.parents")];
        let in_file = report(&project, 1, &["--data", "events=events.parquet", "--data", "parents=parents.parquet"]);
        let in_tables = report(&project, 1, &tables);
        assert_eq!(differing(&in_file, &in_tables), Vec::<String>::new(), "seed {seed}");
        let events_found = &in_tables["datasets"][0];
        assert!(events_found["decided_in_database"].as_u64().unwrap() >= 25, "{}", events_found["decided_in_database"]);
        assert_eq!(events_found["extra_columns"], json!([{ "name": "note", "type": "interval" }]));
        let checks = events_found["checks"].as_array().unwrap();
        for check in checks.iter().filter(|check| check["outcome"] == "failed" && check["scope"] == "row") {
            if !check["id"].as_str().unwrap().ends_with(".type") {
                assert!(!check["samples"].as_array().unwrap().is_empty(), "{check}");
            }
        }
        // The other dataset in a file: its reference is looked up here.
        let mixed = report(&project, 1, &["--data", &events, "--data", "parents=parents.parquet"]);
        assert_eq!(differing(&in_file, &mixed), Vec::<String>::new(), "seed {seed}");
        // Every row is read to be written, and nothing is pushed down.
        let refused: Vec<&str> = tables.iter().copied().chain(["--refused", "refused.ndjson"]).collect();
        let streamed = report(&project, 1, &refused);
        assert_eq!(differing(&in_file, &streamed), Vec::<String>::new(), "seed {seed}");
        let total: u64 = streamed["datasets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|dataset| dataset["rows_refused"].as_u64().unwrap())
            .sum();
        assert_eq!(project.read("refused.ndjson").lines().count() as u64, total);
    }
}

fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["datasets"][0]["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no check {id}: {:?}", found(report)))
}

fn orders(properties: &[&str], quality: &str) -> String {
    let lines: String = properties.iter().map(|property| format!("      - {{ {property} }}\n")).collect();
    format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: urn:db:o\nname: o\nversion: 1.0.0\nstatus: active\n\
         servers:\n  - {{ server: prod, type: postgres, host: '${{DB_HOST}}', port: '${{DB_PORT}}', database: '${{DB_NAME}}', schema: shop }}\n\
         schema:\n  - name: orders\n    physicalName: ord\n    properties:\n{lines}{quality}"
    )
}

#[test]
fn physical_types_of_a_table_are_compared() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    server
        .execute(
            &url,
            "CREATE DOMAIN positive AS integer CHECK (value > 0); CREATE TYPE state AS ENUM ('new', 'done'); \
             CREATE TABLE ord (a integer, b bigint, c varchar(10), d varchar(30), e numeric(10,2), f numeric, g timestamptz, \
             h positive, i state, j uuid, k json, l char(3), m text, n interval, o integer[]);
             INSERT INTO ord (a, f, l, h, i, n) VALUES (1, 1.125, 'a', 7, 'new', '1 day'), (2, 'NaN', NULL, 8, 'done', NULL);",
        )
        .unwrap();
    let text = orders(
        &[
            "name: a, logicalType: integer, physicalType: INT4",
            "name: b, logicalType: integer, physicalType: integer",
            "name: c, logicalType: string, physicalType: 'varchar(20)'",
            "name: d, logicalType: string, physicalType: 'VARCHAR(20)'",
            "name: e, logicalType: number, physicalType: 'decimal(8,2)'",
            "name: f, logicalType: number, logicalTypeOptions: { maximum: 2 }",
            "name: g, logicalType: timestamp, physicalType: timestamp",
            "name: h, logicalType: integer, logicalTypeOptions: { maximum: 7 }",
            "name: i, logicalType: string, enum: [{ value: new }]",
            "name: j, logicalType: string, physicalType: uuid",
            "name: k, logicalType: integer",
            "name: l, logicalType: string, physicalType: 'char(3)', logicalTypeOptions: { minLength: 2 }",
            "name: m, logicalType: string, physicalType: STRING",
            "name: n, logicalType: string, physicalType: interval, required: true",
            "name: o, logicalType: array, items: { logicalType: integer }",
            "name: p, logicalType: string",
        ],
        "",
    );
    let project = Project::new().write("c.odcs.yaml", text);
    let report = report(&project, 1, &["--data", &url]);
    let mut wrong: Vec<String> = found(&report).into_iter().filter(|line| !line.contains("\"passed\"")).collect();
    wrong.remove(0);
    assert_eq!(
        wrong,
        [
            "\"b.type\" \"failed\" 1 null 0.0",
            "\"d.type\" \"failed\" 1 null 0.0",
            "\"e.type\" \"failed\" 1 null 0.0",
            "\"f.type\" \"failed\" 1 null 0.0",
            "\"g.type\" \"failed\" 1 null 0.0",
            "\"k.type\" \"failed\" 1 null 0.0",
            "\"p.present\" \"failed\" 1 null 0.0",
            "\"p.type\" \"failed\" 1 null 0.0",
            "\"h.range\" \"failed\" 1 null 0.5",
            "\"i.enum\" \"failed\" 1 null 0.5",
            "\"l.length\" \"failed\" 1 null 0.5",
            "\"n.required\" \"not_checked\" 0 null 0.0",
        ],
        "{report}"
    );
    assert_eq!(check(&report, "d.type")["reason"], "the column is character varying(30), not VARCHAR(20)");
    assert_eq!(check(&report, "n.required")["reason"], "values of the type interval cannot be read");
    assert_eq!(check(&report, "h.range")["samples"], json!([{ "h": 8 }]));
    // NaN is no number of the type, and the row that has it is refused once.
    assert_eq!(report["datasets"][0]["rows_refused"], 2);
}

#[test]
fn a_server_of_the_contract_and_its_sql() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    server
        .execute(
            &url,
            "CREATE SCHEMA shop; CREATE TABLE shop.ord (\"Order \"\"Id\" bigint, day date, \"at;--\" timestamp, \"user\" text);
             INSERT INTO shop.ord VALUES (1, '2024-01-01', 'infinity', 'x'), (1, 'infinity', '2024-01-01', 'y''z'), \
             (NULL, '-infinity', NULL, NULL); CREATE ROLE nobody LOGIN;",
        )
        .unwrap();
    let text = orders(
        &[
            "name: id, physicalName: 'Order \"Id', logicalType: integer, unique: true, required: true",
            "name: day, logicalType: date, logicalTypeOptions: { minimum: '2024-01-01' }",
            "name: at, physicalName: 'at;--', logicalType: timestamp, logicalTypeOptions: { timezone: false, maximum: '2025-01-01T00:00:00' }",
            "name: user, logicalType: string, classification: secret, logicalTypeOptions: { pattern: '^x' }",
        ],
        "    quality:\n      - { id: theirs, type: sql, query: \"SELECT count(*) FILTER (WHERE o.id::text ~ '1') FROM orders o WHERE pg_typeof(day)::text = 'date'\", mustBe: 2 }\n      \
         - { id: ours, type: sql, query: 'SELECT count(*) FROM ord WHERE \"user\" IS NULL', mustBe: 0 }\n      \
         - { id: nope, type: sql, query: \"SELECT count(*) FROM orders WHERE \\\"user\\\" = nope\", mustBe: 0 }\n      \
         - { id: writes, type: sql, query: \"SELECT setval(pg_get_serial_sequence('x', 'y'), 1) FROM orders\", mustBe: 0 }\n",
    );
    let (host, rest) = url.trim_start_matches("postgres://postgres@").split_once(':').unwrap();
    let (port, database) = rest.split_once('/').unwrap();
    let project = Project::new()
        .write("c.odcs.yaml", text)
        .set_env("DB_HOST", host)
        .set_env("DB_PORT", port)
        .set_env("DB_NAME", database)
        .set_env("PGUSER", "postgres")
        .set_env("PGPASSWORD", "pass:word/4711");
    let output = project.expect(1, &["contract", "test", "c.odcs.yaml", "--server", "prod", "--json"]);
    assert!(!output.both().contains("4711") && !output.both().contains("y'z"), "{}", output.both());
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let wrong: Vec<String> = found(&report).into_iter().filter(|line| !line.contains("\"passed\"")).collect();
    assert_eq!(
        wrong,
        [
            "\"orders\" 3 rows 3 refused",
            "\"day.type\" \"failed\" 2 null 0.0",
            "\"at.type\" \"failed\" 1 null 0.0",
            "\"id.required\" \"failed\" 1 null 0.3333333333333333",
            "\"id.unique\" \"failed\" 1 null 0.3333333333333333",
            "\"user.pattern\" \"failed\" 1 null 0.3333333333333333",
            "\"orders.ours\" \"failed\" 1 1.0 0.0",
            "\"orders.nope\" \"failed\" 0 null 0.0",
            "\"orders.writes\" \"not_checked\" 0 null 0.0",
        ],
        "{report}"
    );
    assert_eq!(report["server"], "prod");
    let refused = |args: &[&str], words: &[&str]| {
        let args: Vec<&str> = ["contract", "test", "c.odcs.yaml", "--data"].iter().chain(args).copied().collect();
        let output = project.expect(2, &args);
        for word in words {
            assert!(output.stderr.contains(word), "no {word:?}: {}", output.both());
        }
        assert!(!output.both().contains("4711"), "{}", output.both());
    };
    let at = |user: &str, rest: &str| format!("postgres://{user}:pw4711@{host}:{port}/{database}{rest}");
    refused(&[&at("postgres", "?table=shop.none")], &["no table \"shop\".\"none\"", "help: "]);
    refused(&[&at("nobody", "?table=shop.ord")], &["permission denied", "help: "]);
    refused(&[&at("postgres", "?table=shop.ord&sslmode=require")], &["TLS"]);
    refused(&[&format!("postgres://u:pw4711@{host}:1/x")], &["did not answer", "help: "]);
    refused(&["postgres://u:pw4711@["], &["help: "]);
}

#[test]
fn a_database_that_is_written_to_and_one_that_gives_up() {
    let Some(server) = Postgres::shared() else { return };
    let url = server.database();
    server.execute(&url, "CREATE TABLE ord (a integer); INSERT INTO ord SELECT generate_series(1, 200000)").unwrap();
    let slow = orders(
        &["name: a, logicalType: integer"],
        "    quality:\n      - { id: slow, type: sql, query: 'SELECT count(pg_sleep(5)) FROM orders', mustBe: 0 }\n",
    );
    let project = Project::new().write("c.odcs.yaml", slow);
    let limited = format!("{url}?options=-c%20statement_timeout=200ms");
    let limited_report = report(&project, 0, &["--data", &limited]);
    let slow = check(&limited_report, "orders.slow");
    assert_eq!(slow["outcome"], "not_checked", "{slow}");
    assert!(slow["reason"].as_str().unwrap().contains("statement timeout"), "{slow}");
    assert_eq!(limited_report["datasets"][0]["rows_read"], 200_000);
}
