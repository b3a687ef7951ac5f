//! The leak test: secrets that occur nowhere else are planted in protected columns, every path is taken, and every byte that was
//! written is searched for them: files as they lie, the values in all Parquet files, all that was printed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrow::array::Array;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::process::killed_at;
use crate::project::{Output, Project};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// No protected value has any of these in the clear, wherever it stands.
const SECRETS: [&str; 14] = [
    "zanzibar.quill",    // e-mail, encrypted
    "marmalade.oxide",   // e-mail of a refused row
    "Quetzalcoatlus",    // name, redacted
    "Xylophonist",       // name of a refused row
    "5553901774",        // phone, hashed
    "5559927431",        // phone of a refused row
    "4929557128803344",  // card, partly shown
    "4716229901857766",  // card of a refused row
    "ID-77120-KLMN",     // national id, token
    "ID-99331-WXYZ",     // national id of a refused row
    "wolfsbane allergy", // note, encrypted at random
    "hemlock allergy",   // note of a refused row
    "1987-11-23",        // born, to the month
    "71.30948",          // latitude, to a grid
];

const CONTRACT: &str = r#"apiVersion: v3.2.0
kind: DataContract
id: people
version: 1.0.0
status: active
schema:
  - name: people
    properties:
      - { name: id, logicalType: integer, required: true, primaryKey: true }
      - name: email
        logicalType: string
        classification: personal
        logicalTypeOptions: { pattern: '@example' }
        customProperties: [{ property: protection, vendor: plimsoll, value: { method: encrypt, domain: mail } }]
      - name: full_name
        logicalType: string
        classification: personal
        logicalTypeOptions: { maxLength: 40 }
        customProperties: [{ property: protection, vendor: plimsoll, value: redact }]
      - name: phone
        logicalType: string
        classification: personal
        customProperties: [{ property: protection, vendor: plimsoll, value: hash }]
      - name: card
        logicalType: string
        classification: restricted
        customProperties: [{ property: protection, vendor: plimsoll, value: { method: partial, last: 4 } }]
      - name: national_id
        logicalType: string
        classification: personal
        customProperties: [{ property: protection, vendor: plimsoll, value: token }]
      - name: note
        logicalType: string
        classification: special category
        customProperties: [{ property: protection, vendor: plimsoll, value: encrypt-random }]
      - name: born
        logicalType: date
        classification: personal
        customProperties: [{ property: protection, vendor: plimsoll, value: { method: generalise, to: month } }]
      - name: latitude
        logicalType: number
        classification: personal
        customProperties: [{ property: protection, vendor: plimsoll, value: { method: generalise, grid: 0.5 } }]
      - { name: city, logicalType: string, enum: [{ value: Oslo }, { value: Rome }] }
  - name: mails
    properties:
      - { name: email, logicalType: string, unique: true }
      - { name: city, logicalType: string, logicalTypeOptions: { maxLength: 4 } }
  - name: cities
    properties:
      - { name: city, logicalType: string }
      - { name: people, logicalType: integer, physicalType: bigint }
"#;

const PIPELINE: &str = "pipeline: people
datasets:
  people: { source: { files: \"landing/*.csv\" }, table: { write: merge, key: [id] }, on_violation: { above: 90% } }
  mails: { on_violation: { above: 90% } }
  cities: {}
";

fn project(key: &str) -> Project {
    let project = Project::new()
        .set_env("PEOPLE_KEY", key)
        .set_env("PLIMSOLL_LOG", "debug")
        .set_env("RUST_LOG", "debug")
        .write(
            "plimsoll.toml",
            "name = \"people\"\nenvironment = \"development\"\n[privacy.keys]\nk1 = { env = \"PEOPLE_KEY\" }\n",
        )
        .write("pipelines/people.yaml", PIPELINE)
        .write("openspec/specs/people/people.odcs.yaml", CONTRACT)
        .write("models/mails.sql", "SELECT email, city FROM people")
        .write("models/cities.sql", "SELECT city, count(email) AS people FROM people GROUP BY city");
    deliver(&project);
    project
}

/// Rows that pass, and rows that every check and the reader refuse.
fn deliver(project: &Project) {
    let text = b"id,email,full_name,phone,card,national_id,note,born,latitude,city
1,zanzibar.quill@example.com,Quetzalcoatlus Smith,5553901774,4929557128803344,ID-77120-KLMN,wolfsbane allergy,1987-11-23,71.30948,Oslo
2,b@example.com,B,1,4,n2,none,2001-02-03,1.25,Rome
3,marmalade.oxide@elsewhere.org,Xylophonist Smith,5559927431,4716229901857766,ID-99331-WXYZ,hemlock allergy,1987-11-23,71.30948,Oslo
x,marmalade.oxide@example.org,Xylophonist Smith,5559927431,4716229901857766,ID-99331-WXYZ,hemlock allergy,1987-11-23,71.30948,Oslo
5,marmalade.oxide@example.org,Xylophonist of a very very very long name,5559927431,4716229901857766,ID-99331-WXYZ,hemlock allergy,wolfsbane allergy,hemlock allergy,Oslo
6,marmalade.oxide@example.org,Xylophonist,5559927431,4716229901857766,ID-99331-WXYZ,hemlock allergy,1987-11-23,71.30948,Paris
7,marmalade.oxide@example.org,Xylophonist,5559927431,4716229901857766,ID-99331-WXYZ,hemlock allergy,1987-11-23,71.30948
8,\"marmalade.oxide@example.org\",\"Xylophonist, the\",5559927431,4716229901857766,ID-99331-WXYZ,hemlock allergy,1987-11-23,71.30948,Oslo,more
9,marmalade.oxide@example.org,Xylophonist \xff,5559927431,4716229901857766,ID-99331-WXYZ,hemlock allergy,1987-11-23,71.30948,Oslo
";
    project.put("landing/a.csv", text);
}

/// Where a secret is found: in files other than those of the landing folder and of the test itself, or in what was printed.
fn leaks(project: &Project, printed: &[Output]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut search = |place: &str, bytes: &[u8]| {
        for secret in SECRETS {
            if bytes.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                found.insert(format!("{secret} in {place}"));
            }
        }
    };
    for output in printed {
        search("what was printed", output.both().as_bytes());
    }
    for path in files(project.root()) {
        let name = path.strip_prefix(project.root()).unwrap().display().to_string();
        if name.starts_with("landing/") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        search(&name, &bytes);
        if name.ends_with(".parquet") {
            values(&path).into_iter().for_each(|value| search(&name, value.as_bytes()));
        }
    }
    found
}

pub fn files(root: &Path) -> Vec<PathBuf> {
    let (mut open, mut files) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => open.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files
}

/// Every value of a Parquet file as text; of one that a crash cut off, none.
pub fn values(path: &Path) -> Vec<String> {
    let Ok(reader) = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()) else {
        return Vec::new();
    };
    let mut values = Vec::new();
    for batch in reader.build().unwrap() {
        for column in batch.unwrap().columns() {
            let shown = ArrayFormatter::try_new(column.as_ref(), &FormatOptions::new()).unwrap();
            values.extend((0..column.len()).map(|row| shown.value(row).to_string()));
            if let Some(bytes) = column.as_any().downcast_ref::<arrow::array::BinaryArray>() {
                values.extend(bytes.iter().flatten().map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
            }
        }
    }
    values
}

/// The search itself finds what is there: without protections the same secrets lie everywhere.
#[test]
fn the_search_finds_what_is_in_the_clear() {
    let project = project(KEY);
    let open: String =
        CONTRACT.lines().filter(|line| !line.contains("customProperties")).map(|line| format!("{line}\n")).collect();
    project.put(
        "openspec/specs/people/people.odcs.yaml",
        open.replace(
            "      - { name: email, logicalType: string, unique: true }",
            "      - { name: email, logicalType: string, classification: personal }",
        ),
    );
    project.put("models/cities.sql", "SELECT city, count(*) AS people FROM people GROUP BY city");
    project.expect(0, &["run"]);
    let found = leaks(&project, &[]);
    for secret in ["zanzibar.quill", "Quetzalcoatlus", "1987-11-23", "71.30948", "wolfsbane allergy"] {
        assert!(found.iter().any(|leak| leak.starts_with(secret)), "{secret}: {found:#?}");
    }
}

/// Success, dead letters, samples, every way of looking at them, and a replay.
#[test]
fn nothing_leaks_when_all_goes_well() {
    let project = project(KEY);
    let mut printed = Vec::new();
    let mut say = |project: &Project, args: &[&str]| {
        let output = project.run(args);
        assert!(output.code.is_some_and(|code| code < 2), "{args:?}: {}", output.both());
        printed.push(output);
    };
    for args in [
        &["check"][..],
        &["plan"],
        &["run", "--json"],
        &["run"],
        &["status"],
        &["status", "--json"],
        &["runs"],
        &["dlq", "list"],
        &["dlq", "show", "people"],
        &["dlq", "show", "people", "--json", "--limit", "100"],
        &["dlq", "export", "people"],
        &["dlq", "export", "people", "--output", "letters.ndjson"],
        &["dlq", "show", "mails"],
        &["dlq", "replay", "people"],
        &["dlq", "replay", "people", "--json"],
        &["drift"],
        &["drift", "--json"],
        &["lineage", "--format", "html"],
        &["contract", "show", "openspec/specs/people/people.odcs.yaml", "--format", "html"],
    ] {
        say(&project, args);
    }
    let run = project.json(0, &["runs"])["runs"][0]["id"].as_str().unwrap().to_owned();
    say(&project, &["runs", "show", &run, "--json"]);
    assert_eq!(leaks(&project, &printed), BTreeSet::new());
    assert_eq!(project.count("people"), 2);
    assert_eq!(project.count("mails"), 2);
    // The letters are there, and can be taken back with the key.
    let letters = project.json(0, &["dlq", "show", "people", "--limit", "100"]);
    assert_eq!(letters["rows_refused"], 7);
    project.edit("openspec/specs/people/people.odcs.yaml", "pattern: '@example'", "pattern: '@e'");
    project.edit("openspec/specs/people/people.odcs.yaml", "version: 1.0.0", "version: 1.1.0");
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "approve", "people", "--reason", "looser", "--as", "ada"]);
    project.expect(0, &["run"]);
    project.expect(0, &["dlq", "replay", "people"]);
    assert_eq!(project.count("people"), 3);
    assert_eq!(leaks(&project, &[]), BTreeSet::new());
}

#[test]
fn what_is_stored_is_protected_as_declared() {
    let project = project(KEY);
    project.expect(0, &["run"]);
    let rows: Vec<serde_json::Value> =
        project.rows("people").iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    let row = rows.iter().find(|row| row["id"] == 1).unwrap();
    let text = |name: &str| row[name].as_str().unwrap_or_else(|| panic!("{name}: {row}")).to_owned();
    assert!(text("email").starts_with("ps1:k1:mail:"));
    assert_eq!(text("full_name"), "[redacted]");
    assert_eq!(text("phone").len(), 64);
    assert_eq!(text("card"), "************3344");
    assert!(text("national_id").starts_with("tok_"));
    assert!(text("note").starts_with("pg1:k1:default:"));
    assert_eq!(text("born"), "1987-11-01");
    assert_eq!(row["latitude"].as_f64(), Some(71.5));
    // What a model hands on is the protected value.
    assert!(project.rows("mails").iter().all(|row| row.contains("ps1:k1:mail:")));
    let vault = crate::delta::Table::open(&project.path("warehouse/_vault")).rows();
    assert_eq!(vault.len(), 2);
    assert!(vault.iter().all(|row| row.contains("tok_") && row.contains("pg1:k1:vault:")));
}

/// Killed at every step, of a run and of a replay.
#[test]
fn nothing_leaks_in_a_crash() {
    for step in
        ["opened", "written", "merged", "audited", "before_commit", "committed", "dead_letters_committed", "published"]
    {
        let project = project(KEY);
        let died = killed_at(&project, &format!("{step}:1"), &["run"]);
        assert!(died.is_none(), "{step} was not reached: {}", died.unwrap().both());
        assert_eq!(leaks(&project, &[]), BTreeSet::new(), "a run killed at {step}");
        let output = project.run(&["run"]);
        assert_eq!(output.code, Some(0), "{}", output.both());
        assert_eq!(project.count("people"), 2, "after {step}");
        let died = killed_at(&project, &format!("{step}:1"), &["dlq", "replay", "people"]);
        assert!(died.is_none(), "{step} was not reached in a replay: {}", died.unwrap().both());
        assert_eq!(leaks(&project, &[output]), BTreeSet::new(), "a replay killed at {step}");
    }
}

/// A model that fails on a value in the clear says so without the value.
#[test]
fn nothing_leaks_in_a_failure() {
    let contract = "apiVersion: v3.2.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n\
        \u{20} - name: raw\n    properties:\n      - { name: secret, logicalType: string, classification: personal }\n\
        \u{20} - name: out\n    properties:\n      - { name: n, logicalType: integer, physicalType: bigint, classification: personal }\n";
    for sql in
        ["SELECT CAST(secret AS BIGINT) AS n FROM raw", "SELECT date_part('year', to_timestamp(secret)) AS n FROM raw"]
    {
        let project = Project::new()
            .set_env("PLIMSOLL_LOG", "debug")
            .write(
                "pipelines/p.yaml",
                "pipeline: p\ndatasets:\n  raw: { source: { files: \"landing/*.csv\" } }\n  out: {}\n",
            )
            .write("openspec/specs/c/c.odcs.yaml", contract)
            .write("models/out.sql", sql)
            .write("landing/a.csv", "secret\nzanzibar.quill\n");
        let output = project.run(&["run", "--json"]);
        assert_eq!(output.code, Some(1), "{}", output.both());
        assert!(!output.both().contains("zanzibar"), "{}", output.both());
        assert!(output.stdout.contains("[classified]"), "{}", output.both());
        let ledger = project.read_bytes(".plimsoll/ledger.db");
        assert!(!ledger.windows(8).any(|window| window == b"zanzibar"));
    }
}

/// A result that waits at a gate is written and unpublished: also protected.
#[test]
fn nothing_leaks_at_a_gate() {
    let project = project(KEY);
    project.edit("pipelines/people.yaml", ", on_violation: { above: 90% } }\n  mails", " }\n  mails");
    let mut printed = vec![project.expect(3, &["run"])];
    let gates = project.json(3, &["gate", "list"]);
    let id = gates["gates"][0]["id"].as_str().unwrap().to_owned();
    printed.push(project.expect(3, &["gate", "show", &id]));
    printed.push(project.expect(3, &["gate", "show", &id, "--json"]));
    assert_eq!(leaks(&project, &printed), BTreeSet::new());
    project.expect(0, &["gate", "approve", &id, "--reason", "seen"]);
    project.run(&["run"]);
    assert_eq!(leaks(&project, &printed), BTreeSet::new());
    assert_eq!(project.count("people"), 2);
}

/// Before any row is read: a key that is missing, malformed, another one, or not the one of the table.
#[test]
fn keys_are_looked_at_first() {
    let message = |project: &Project| {
        let report = project.run(&["run", "--json"]);
        assert!(matches!(report.code, Some(1 | 2)), "{}", report.both());
        report.stdout
    };
    let missing = project(KEY);
    missing.edit("plimsoll.toml", "PEOPLE_KEY", "NO_SUCH_KEY");
    assert!(message(&missing).contains("the environment variable NO_SUCH_KEY is not set"));
    assert!(message(&project("not a key!")).contains("neither hex digits nor base64"));
    assert!(message(&project("deadbeef")).contains("4 bytes"));
    assert!(!message(&project("deadbeef")).contains("deadbeef"));

    let wrong = project(KEY);
    wrong.expect(0, &["run"]);
    let other = KEY.replace("00", "99");
    wrong.put("landing/b.csv", "id,email,full_name,phone,card,national_id,note,born,latitude,city\n9,c@example.com,C,1,4,n2,none,2001-02-03,1.25,Rome\n");
    wrong.put("plimsoll.toml", "name = \"people\"\n[privacy.keys]\nk1 = { file = \"other.key\" }\n");
    wrong.put("other.key", &other);
    assert!(message(&wrong).contains("the key `k1` is not the one"), "{}", message(&wrong));
    assert_eq!(wrong.count("people"), 2);

    let undeclared = project(KEY);
    undeclared.put("plimsoll.toml", "name = \"people\"\n");
    assert!(message(&undeclared).contains("PL269"));
}

/// Columns that are classified and not protected: their tables hold them in the clear, and nothing else does.
const CLASSIFIED: &str = r#"apiVersion: v3.2.0
kind: DataContract
id: staff
version: 1.0.0
status: active
schema:
  - name: staff
    properties:
      - { name: id, logicalType: integer, required: true, primaryKey: true }
      - { name: email, logicalType: string, classification: personal, logicalTypeOptions: { pattern: '@example' } }
      - { name: note, logicalType: string, tags: [gdpr], logicalTypeOptions: { maxLength: 20 } }
      - { name: born, logicalType: date, classification: personal }
      - { name: city, logicalType: string, enum: [{ value: Oslo }, { value: Rome }] }
  - name: mails
    properties:
      - { name: email, logicalType: string, logicalTypeOptions: { pattern: 'example.com' } }
"#;

/// Of rows that pass, and are in the tables.
const PASSING: [&str; 3] = ["zanzibar.quill", "wolfsbane", "1987-11-23"];
/// Of rows that are refused: nowhere at all.
const REFUSED: [&str; 4] = ["marmalade.oxide", "hemlock", "1991-02-17", "xylophonist"];

fn classified(keys: &str) -> Project {
    let settings = format!(
        "name = \"staff\"\nenvironment = \"development\"\n[privacy.tags]\ngdpr = \"personal\"\n{keys}[[privacy.exemptions]]\ncolumn = \"mails.email\"\n\
         who = \"dpo@example.com\"\nwhy = \"until the new mailing\"\nuntil = \"2999-12-31\"\n"
    );
    Project::new()
        .set_env("STAFF_KEY", KEY)
        .set_env("PLIMSOLL_LOG", "debug")
        .write("plimsoll.toml", settings)
        .write(
            "pipelines/staff.yaml",
            "pipeline: staff\ndatasets:\n  staff: { source: { files: \"landing/*.csv\" }, table: { write: merge, key: [id] }, \
             on_violation: { above: 90% } }\n  mails: { model: models/mails.sql, on_violation: { above: 90% } }\n",
        )
        .write("openspec/specs/staff/staff.odcs.yaml", CLASSIFIED)
        .write("models/mails.sql", "SELECT email FROM staff")
        .write(
            "landing/a.csv",
            "id,email,note,born,city\n\
             1,zanzibar.quill@example.com,wolfsbane,1987-11-23,Oslo\n\
             2,xylophonist@example.org,none,1987-11-23,Rome\n\
             3,marmalade.oxide@elsewhere.org,hemlock,1991-02-17,Oslo\n\
             4,marmalade.oxide@example.org,hemlock allergy and more of it,1991-02-17,Oslo\n\
             5,marmalade.oxide@example.org,hemlock,marmalade.oxide,Oslo\n\
             6,marmalade.oxide@example.org,hemlock,1991-02-17,Paris\n\
             7,\"marmalade.oxide@example.org\",\"hemlock, of course\",1991-02-17,Paris\n",
        )
}

/// Where any of these is, but for the places that begin so.
fn found(project: &Project, printed: &[Output], secrets: &[&str], but: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut search = |place: &str, text: &[u8]| {
        for secret in
            secrets.iter().filter(|secret| text.windows(secret.len()).any(|window| window == secret.as_bytes()))
        {
            found.push(format!("{secret} in {place}"));
        }
    };
    printed.iter().for_each(|output| search("what was printed", output.both().as_bytes()));
    for path in files(project.root()) {
        let name = path.strip_prefix(project.root()).unwrap().display().to_string();
        if name.starts_with("landing/") || but.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        search(&name, &std::fs::read(&path).unwrap());
        if name.ends_with(".parquet") {
            values(&path).into_iter().for_each(|value| search(&name, value.as_bytes()));
        }
    }
    found
}

#[test]
fn classified_values_stand_in_their_tables_alone() {
    let project = classified("[privacy.keys]\nk1 = { env = \"STAFF_KEY\" }\n");
    let mut printed = Vec::new();
    for args in [
        &["check"][..],
        &["run", "--json"],
        &["status", "--json"],
        &["dlq", "list"],
        &["dlq", "show", "staff"],
        &["dlq", "show", "staff", "--json", "--limit", "100"],
        &["dlq", "show", "mails", "--json"],
        &["dlq", "export", "staff"],
        &["dlq", "export", "mails", "--output", "mails.ndjson"],
        &["drift", "--json"],
        &["dlq", "replay", "staff", "--json"],
        &["dlq", "replay", "mails"],
        &["privacy", "scan", "--json"],
    ] {
        let output = project.run(args);
        assert!(output.code.is_some_and(|code| code < 2), "{args:?}: {}", output.both());
        printed.push(output);
    }
    let run = project.json(0, &["runs"])["runs"][0]["id"].as_str().unwrap().to_owned();
    printed.push(project.run(&["runs", "show", &run, "--json"]));
    let tables = ["warehouse/staff/", "warehouse/mails/"];
    assert_eq!(found(&project, &printed, &PASSING, &tables), [""; 0]);
    assert_eq!(found(&project, &printed, &REFUSED[..3], &[]), [""; 0]);
    // It is published in `staff`, and refused by `mails`.
    assert_eq!(found(&project, &printed, &REFUSED[3..], &["warehouse/staff/"]), [""; 0]);

    // The letters can be taken back all the same.
    assert_eq!((project.count("staff"), project.count("mails")), (2, 1));
    let contract = "openspec/specs/staff/staff.odcs.yaml";
    project.edit(contract, "'@example'", "'@'");
    project.edit(contract, "1.0.0", "1.0.1");
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "approve", "staff", "--reason", "looser", "--as", "ada"]);
    project.expect(0, &["run"]);
    project.expect(0, &["dlq", "replay", "staff"]);
    assert_eq!(project.count("staff"), 3);

    // In the clear only when somebody says so, and the ledger says who and why.
    let refused = project.run(&["dlq", "export", "staff", "--clear"]);
    assert_eq!(refused.code, Some(2), "{}", refused.both());
    let clear = project.expect(0, &["dlq", "export", "staff", "--clear", "--reason", "ticket 17"]);
    assert!(clear.stdout.contains("hemlock allergy and more of it"), "{}", clear.both());
    let entered = project.expect(0, &["ledger", "export"]).stdout;
    let event = entered.lines().find(|line| line.contains("dead_letters_exported")).unwrap();
    assert!(event.contains("ticket 17") && event.contains("staff"), "{event}");
}

/// Without a key the letters are kept as they are, like the table itself; they are still shown nowhere.
#[test]
fn without_a_key_classified_values_are_masked_wherever_they_are_shown() {
    let project = classified("");
    let mut printed = Vec::new();
    for args in [
        &["run", "--json"][..],
        &["dlq", "show", "staff", "--limit", "100"],
        &["dlq", "export", "staff", "--output", "letters.ndjson"],
        &["dlq", "replay", "staff"],
    ] {
        printed.push(project.expect(0, args));
    }
    assert_eq!(found(&project, &printed, &REFUSED[..3], &["warehouse/_dead_letters/"]), [""; 0]);
    // With a key, what is refused again is sealed, and the letters of before go.
    project.edit("plimsoll.toml", "[[privacy", "[privacy.keys]\nk1 = { env = \"STAFF_KEY\" }\n[[privacy");
    project.expect(0, &["dlq", "replay", "staff"]);
    assert_eq!(project.json(0, &["dlq", "show", "staff"])["rows_refused"], 5);
}
