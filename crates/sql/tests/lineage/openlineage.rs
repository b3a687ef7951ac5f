//! The cases of OpenLineage's own SQL parser: tables and columns of scripts.

use super::{Edges, Score, cases, items, lineage, names, text};

/// Cases where we differ, each with its reason in the guide (`lineage.md`).
const OURS: &[&str] = &[
    "olsql-0008",
    "olsql-0034",
    "olsql-0055",
    "olsql-0060",
    "olsql-0092",
    "olsql-0113",
    "olsql-0132",
    "olsql-0134",
    "olsql-0136",
];

#[test]
fn columns_and_tables() {
    let (mut columns, mut tables, mut alike) = (Score::default(), Score::default(), Score::default());
    for case in cases("openlineage_sql.jsonl") {
        if case["literal_check"] == false {
            continue;
        }
        let pieces: Vec<&str> =
            items(&case["sqls"]).iter().map(|sql| sql.as_str().unwrap().trim().trim_end_matches(';')).collect();
        let found = lineage(&pieces.join(";\n"), &case["dialect"], &case["schema"]);
        let expected: Edges = items(&case["column_lineage"])
            .iter()
            .flat_map(|column| {
                let name = text(&column["column"]);
                items(&column["inputs"]).iter().map(move |from| vec![name.clone(), text(&from[0]), text(&from[1])])
            })
            .collect();
        let mut edges = Edges::new();
        for statement in items(&found["statements"]) {
            let mut unnamed = 0;
            for column in items(&statement["columns"]) {
                let mut name = text(&column["column"]);
                // It numbers what has no name, and says nothing of stars.
                if name == "*" {
                    continue;
                }
                if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                    name = format!("_{unnamed}");
                    unnamed += 1;
                }
                let sources = items(&column["sources"]);
                edges.extend(sources.iter().map(|s| vec![name.clone(), text(&s["table"]), text(&s["column"])]));
            }
        }
        let sides = |reads: &serde_json::Value, writes: &serde_json::Value| -> Edges {
            let side = |side: &str, value| names(value).into_iter().map(|name| vec![side.to_owned(), name]).collect();
            let (reads, writes): (Vec<_>, Vec<_>) = (side("reads", reads), side("writes", writes));
            reads.into_iter().chain(writes).collect()
        };
        let expected_tables = sides(&case["in_tables"], &case["out_tables"]);
        let found_tables = sides(&found["inputs"], &found["outputs"]);
        let id = case["id"].as_str().unwrap();
        let same_tables = tables.add(&expected_tables, &found_tables);
        let same_columns = columns.add(&expected, &edges);
        if !OURS.contains(&id) {
            alike.add(&expected, &edges);
            if !same_tables || !same_columns {
                eprintln!("{id}: expected {expected_tables:?} {expected:?}, found {found_tables:?} {edges:?}");
            }
        }
    }
    columns.report("openlineage-sql columns", 48, 0.85);
    alike.report("openlineage-sql columns, but for our differences", 46, 0.995);
    tables.report("openlineage-sql tables", 52, 0.95);
}
