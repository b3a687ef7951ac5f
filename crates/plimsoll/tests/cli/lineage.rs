//! `plimsoll lineage sql`: the tree for people, the JSON for scripts, the exit codes.

use crate::project::Project;

const SCRIPT: &str = "\
CREATE TEMP TABLE stage AS
SELECT o.id, sum(o.amount) AS total, md5(c.email) AS mail, CASE WHEN o.vip THEN c.city ELSE 'none' END AS city
FROM raw.orders o JOIN raw.customers c ON o.customer_id = c.id
WHERE NOT o.deleted GROUP BY 1, 3, 4;
INSERT INTO mart.top SELECT id, total, mail, upper(city) FROM stage;
SELECT x, y FROM a JOIN b ON a.k = b.k;
SELEC nothing;
";

#[test]
fn the_tree_of_a_script() {
    let project = Project::new().write("script.sql", SCRIPT);
    let output = project.expect(1, &["lineage", "sql", "script.sql", "--dialect", "postgres"]);
    insta::assert_snapshot!(output.stdout);
}

#[test]
fn the_json_of_a_script() {
    let project = Project::new()
        .write("a.sql", "INSERT INTO t SELECT upper(name), id FROM people WHERE age > 3")
        .write("schemas.json", r#"{"people": ["id", "name", "age"], "t": {"label": "text", "key": "int"}}"#);
    let report = project.json(0, &["lineage", "sql", "a.sql", "--schema", "schemas.json"]);
    insta::assert_json_snapshot!(report);
}

#[test]
fn what_cannot_be_read_is_said() {
    let project = Project::new().write("a.sql", "SELECT 1").write("schemas.json", "[1]").write("b.sql", b"\xff");
    let code = |args: &[&str]| project.json(2, args)["error"]["message"].as_str().unwrap().to_owned();
    assert!(code(&["lineage", "sql", "a.sql", "--dialect", "klingon"]).contains("klingon"));
    assert!(code(&["lineage", "sql", "a.sql", "--schema", "schemas.json"]).contains("object of tables"));
    assert!(code(&["lineage", "sql", "nowhere.sql"]).contains("cannot read"));
    assert!(code(&["lineage", "sql", "b.sql"]).contains("UTF-8"));
    assert_eq!(project.json(1, &["lineage", "sql", "schemas.json"])["statements"][0]["kind"], "unknown");
}
