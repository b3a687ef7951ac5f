//! `plimsoll impact`: of the example project, of one in a git repository, and of bad input.

use std::process::Command;

use serde_json::Value;

use crate::project::Project;

/// Everything that can change, and how badly the worst is hit.
#[test]
fn the_screens_of_the_flights() {
    let project = Project::flights();
    let mut told = String::new();
    for (code, args) in [
        (1, &["flights_raw.dep_delay", "--removed"][..]),
        (1, &["flights_raw.carrier", "--renamed", "code"]),
        (1, &["flights_raw.arr_delay", "--retyped", "string"]),
        (0, &["flights_raw.year", "--retyped", "bigint"]),
        (0, &["flight.arrival_delay", "--loosened"]),
        (1, &["planes.tailnum", "--reclassified", "personal"]),
        (1, &["weather", "--removed"]),
        (0, &["models/daily_delay.sql"]),
        (0, &["daily_delay.late"]),
    ] {
        let args: Vec<&str> = ["impact"].iter().chain(args).copied().collect();
        told.push_str(&format!("$ plimsoll {}\n{}\n", args.join(" "), project.expect(code, &args).stdout));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_narrow_screen_and_markdown() {
    let project = Project::flights().set_env("COLUMNS", "60");
    let narrow = project.expect(1, &["impact", "flights_raw.dep_delay", "--removed"]).stdout;
    let places = |line: &&str| line.contains(".yaml:") || line.contains(".sql:") || line.contains("SQL");
    assert!(narrow.lines().filter(|line| !places(line)).all(|line| line.chars().count() <= 60), "{narrow}");
    insta::assert_snapshot!(project.expect(1, &["impact", "airports.tzone", "--removed", "--markdown"]).stdout);
}

#[test]
fn the_json_names_the_place_and_the_way() {
    let project = Project::flights();
    let report = project.json(1, &["impact", "flights_raw.dep_delay", "--removed"]);
    assert_eq!(report["breaking"], true);
    assert_eq!(
        report["changes"][0],
        serde_json::json!({"dataset": "flights_raw", "column": "dep_delay", "kind": "removed"})
    );
    let effects = report["effects"].as_array().unwrap();
    let sql: Vec<String> = effects.iter().filter(|effect| effect["what"] == "sql").map(place).collect();
    assert_eq!(sql, ["models/flight.sql:34:30", "models/flight.sql:37:3"]);
    for effect in effects.iter().filter(|effect| effect["what"] == "sql") {
        let text = project.read("models/flight.sql");
        let (line, column) = (effect["place"]["line"].as_u64().unwrap(), effect["place"]["column"].as_u64().unwrap());
        let at = text.lines().nth(line as usize - 1).unwrap();
        assert!(at.chars().skip(column as usize - 1).collect::<String>().starts_with("dep_delay"), "{at}");
    }
    let mean = effects.iter().find(|effect| effect["column"] == "departure_delay_mean").unwrap();
    let steps: Vec<String> =
        mean["steps"].as_array().unwrap().iter().map(|step| format!("{} {}", step["column"], step["kind"])).collect();
    assert_eq!(
        steps,
        [r#""dep_delay" null"#, r#""departure_delay" "identity""#, r#""departure_delay_mean" "aggregation""#]
    );
    let counts = report["counts"].as_object().unwrap();
    assert_eq!(counts.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), effects.len() as u64);
}

fn place(effect: &Value) -> String {
    format!("{}:{}:{}", effect["place"]["path"].as_str().unwrap(), effect["place"]["line"], effect["place"]["column"])
}

fn git(project: &Project, args: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(project.root()).args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(args);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", project.root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn between_revisions_the_folder_is_left_alone() {
    let project = Project::flights();
    git(&project, &["init", "--quiet", "--initial-branch", "main"]);
    git(&project, &["add", "plimsoll.toml", "pipelines", "models", "openspec"]);
    git(&project, &["commit", "--quiet", "--message", "before"]);
    git(&project, &["tag", "before"]);
    assert_eq!(project.json(0, &["impact", "--from", "before"])["changes"], serde_json::json!([]));

    // The column is another type now, and only one of those who use it was changed with it.
    let contract = "openspec/specs/flights/sources.odcs.yaml";
    let airports = project.read(contract);
    assert!(airports.contains("name: tzone"), "the example has changed");
    project.put(contract, airports.replace("name: tzone", "name: zone_name"));
    project.edit("models/daily_delay.sql", "count(*) AS flights", "count(1) AS flights");
    git(&project, &["commit", "--quiet", "--all", "--message", "after"]);
    let report = project.json(1, &["impact", "--from", "before"]);
    let changes: Vec<String> = report["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| format!("{}.{} {}", change["dataset"], change["column"], change["kind"]).replace('"', ""))
        .collect();
    assert_eq!(changes, ["airports.tzone removed", "airports.zone_name added", "daily_delay.null rewritten"]);
    let broken: Vec<String> = report["effects"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|effect| effect["severity"] == "breaks" && effect["what"] == "sql")
        .map(place)
        .collect();
    assert_eq!(broken, ["models/dim_airport.sql:1:76"]);

    // What is not committed counts up to the folder, not up to a revision; and nothing was touched.
    project.edit("models/dim_airport.sql", "tzone AS", "zone_name AS");
    assert_eq!(project.json(0, &["impact", "--from", "before"])["breaking"], false);
    assert_eq!(project.json(1, &["impact", "--from", "before", "--to", "main"])["breaking"], true);
    assert_eq!(
        project.json(0, &["impact", "daily_delay", "--from", "before", "--to", "main"])["changes"][0]["kind"],
        "rewritten"
    );
    assert!(project.read("models/dim_airport.sql").contains("zone_name AS"));
}

#[test]
fn what_cannot_be_answered_is_said() {
    let project = Project::flights();
    let said = |args: &[&str]| project.json(2, args)["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(said(&["impact", "nowhere"]), "there is no dataset, model or contract `nowhere`");
    assert_eq!(said(&["impact", "flight.nope", "--removed"]), "dataset `flight` has no column `nope`");
    assert_eq!(said(&["impact", "flight.dest", "--retyped", "klingon"]), "`klingon` is not a type");
    assert_eq!(
        said(&["impact", "flight", "--retyped", "bigint"]),
        "`flight` is a dataset, and only a column has a type"
    );
    assert_eq!(said(&["impact", "flight.dest", "--renamed", "origin"]), "`flight` has a column `origin` already");
    assert_eq!(
        said(&["impact", "dim_airport.time_zone", "--loosened"]),
        "the contract promises nothing of `dim_airport.time_zone`"
    );
    assert_eq!(said(&["impact", "--from", "HEAD"]), "the project is not in a git repository");
    assert!(said(&["impact", "flight", "--removed", "--loosened"]).contains("cannot be used with"));
    assert!(said(&["impact"]).contains("required"));
    git(&project, &["init", "--quiet"]);
    assert_eq!(said(&["impact", "--from", "nowhere"]), "git knows no revision `nowhere`");
    assert_eq!(said(&["impact", "--from=--help"]), "git knows no revision `--help`");
}

const PEOPLE: &str = "apiVersion: v3.2.0
kind: DataContract
id: people
version: 1.0.0
status: active
roles: [{ role: analysts, access: read }]
schema:
  - name: people
    properties:
      - { name: id, logicalType: integer, required: true, primaryKey: true }
      - { name: email, logicalType: string }
  - name: mails
    properties:
      - { name: email, logicalType: string, logicalTypeOptions: { pattern: '@' } }
  - name: found
    properties:
      - { name: id, logicalType: integer }
";

/// A class that is raised and a protection that comes are changes like any other: between revisions, and supposed.
#[test]
fn a_reclassified_and_a_protected_column_reach_all_that_read_it() {
    let contract = "openspec/specs/people/people.odcs.yaml";
    let project = Project::new()
        .set_env("PEOPLE_KEY", &"0f".repeat(32))
        .write("plimsoll.toml", "name = \"people\"\n[privacy.keys]\nk1 = { env = \"PEOPLE_KEY\" }\n")
        .write("pipelines/p.yaml", "pipeline: p\nschedule: \"15 * * * *\"\ndatasets:\n  people: { source: { files: \"in/*.csv\" } }\n  mails: {}\n  found: {}\n")
        .write(contract, PEOPLE)
        .write("models/mails.sql", "SELECT email FROM people")
        .write("models/found.sql", "SELECT id FROM people WHERE email LIKE '%@example.com'");
    git(&project, &["init", "--quiet", "--initial-branch", "main"]);
    git(&project, &["add", "plimsoll.toml", "pipelines", "models", "openspec"]);
    git(&project, &["commit", "--quiet", "--message", "before"]);
    project.expect(0, &["check"]);
    let mut told = String::new();
    let mut say = |code: i32, args: &[&str]| {
        let shown = args.join(" ");
        told.push_str(&format!("$ plimsoll {shown}\n{}\n", project.expect(code, args).stdout));
    };
    say(1, &["impact", "people.email", "--reclassified", "personal"]);
    say(1, &["impact", "people.email", "--protected", "hash"]);
    let email = "{ name: email, logicalType: string }";
    project.edit(contract, email, "{ name: email, logicalType: string, classification: personal }");
    say(1, &["impact", "--from", "main"]);
    project.expect(2, &["check"]);
    // With the protection nothing has to be declared downstream, but all that works with the value works with another.
    project.edit(
        contract,
        "{ name: email, logicalType: string, classification: personal }",
        "{ name: email, logicalType: string, classification: personal, customProperties: [{ property: protection, vendor: plimsoll, value: hash }] }",
    );
    say(1, &["impact", "--from", "main"]);
    project.expect(0, &["check"]);
    insta::assert_snapshot!(told);
    let said = |args: &[&str]| project.json(2, args)["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(said(&["impact", "people.id", "--protected", "hash"]), "`id` is i64, and hash fits a string");
    assert!(said(&["impact", "people.email", "--protected", "rot13"]).starts_with("there is no protection `rot13`"));
}
