//! The cases of sqllineage: column edges, and tables, of scripts in twenty dialects.

use super::{Edges, Score, cases, items, lineage, names, text};

/// Cases where we differ, each with its reason in the guide (`lineage.md`).
const COLUMNS_OURS: &[&str] = &["sqll-c0134"];
const TABLES_OURS: &[&str] = &["sqll-t0105", "sqll-t0114", "sqll-t0115", "sqll-t0117"];

#[test]
fn columns() {
    let mut score = Score::default();
    for case in cases("sqllineage_columns.jsonl") {
        let found = lineage(case["sql"].as_str().unwrap(), &case["dialect"], &case["schema"]);
        let statements = items(&found["statements"]);
        let columns: Vec<_> = match statements {
            [one] => items(&one["columns"]).to_vec(),
            _ => items(&found["end_to_end"]).to_vec(),
        };
        let expected: Edges = items(&case["edges"])
            .iter()
            .map(|edge| {
                vec![text(&edge["from"][0]), text(&edge["from"][1]), text(&edge["to"][0]), text(&edge["to"][1])]
            })
            // `count(*)` looks into no column.
            .filter(|edge| !(edge[1] == "*" && edge[3].starts_with("count(")))
            .collect();
        let found: Edges = columns
            .iter()
            .flat_map(|column| {
                let to = [text(&column["table"]), text(&column["column"])];
                items(&column["sources"]).iter().map(move |source| {
                    vec![text(&source["table"]), text(&source["column"]), to[0].clone(), to[1].clone()]
                })
            })
            .collect();
        let id = case["id"].as_str().unwrap();
        if !score.add(&expected, &found) && !COLUMNS_OURS.contains(&id) {
            eprintln!("{id}: expected {expected:?}, found {found:?}");
        }
    }
    score.report("sqllineage columns", 90, 0.995);
}

#[test]
fn tables() {
    let mut score = Score::default();
    for case in cases("sqllineage_tables.jsonl") {
        let found = lineage(case["sql"].as_str().unwrap(), &case["dialect"], &case["schema"]);
        let edges = |sources: Vec<String>, targets: Vec<String>| -> Edges {
            let side = |side: &str, names: Vec<String>| -> Vec<Vec<String>> {
                names.into_iter().map(|name| vec![side.to_owned(), name.replace("<default>.", "")]).collect()
            };
            side("reads", sources).into_iter().chain(side("writes", targets)).collect()
        };
        let expected =
            edges(names(&case["source"]).into_iter().collect(), names(&case["target"]).into_iter().collect());
        let script = match items(&found["statements"]) {
            [one] => one,
            _ => &found,
        };
        let found =
            edges(names(&script["inputs"]).into_iter().collect(), names(&script["outputs"]).into_iter().collect());
        let id = case["id"].as_str().unwrap();
        if !score.add(&expected, &found) && !TABLES_OURS.contains(&id) {
            eprintln!("{id}: expected {expected:?}, found {found:?}");
        }
    }
    score.report("sqllineage tables", 140, 0.97);
}
