//! The cases of sqlglot: the leaf columns of one output column.

use super::{Edges, Score, cases, items, lineage, text};

/// Cases where we differ, each with its reason in the guide (`lineage.md`).
const OURS: &[&str] = &["sqlglot-0038", "sqlglot-0054"];

#[test]
fn leaves() {
    let mut score = Score::default();
    for case in cases("sqlglot_lineage.jsonl") {
        // Where sqlglot raises an error there is nothing to compare with.
        if case["leaves"].is_null() {
            continue;
        }
        let query = case["sql"].as_str().unwrap().trim().trim_end_matches(';');
        let views = case["sources"].as_object().into_iter().flatten();
        let mut sql: String =
            views.map(|(name, query)| format!("CREATE VIEW {name} AS {};\n", query.as_str().unwrap())).collect();
        let through_views = !sql.is_empty();
        sql.push_str(query);
        let found = lineage(&sql, &case["dialect"], &case["schema"]);
        let columns = if through_views {
            items(&found["end_to_end"])
        } else {
            items(&items(&found["statements"]).last().unwrap()["columns"])
        };
        let wanted = text(&case["column"]).replace('"', "");
        let column = columns.iter().rfind(|column| text(&column["column"]) == wanted);
        let expected: Edges = items(&case["leaves"])
            .iter()
            .map(|leaf| vec![text(&leaf[0]), text(&leaf[1])])
            // A leaf without a table but with a qualifier is where sqlglot ended at a constant.
            .filter(|leaf| !(leaf[0].is_empty() && leaf[1].contains('.')))
            .collect();
        let found: Edges = match column {
            Some(column) => {
                items(&column["sources"]).iter().map(|s| vec![text(&s["table"]), text(&s["column"])]).collect()
            }
            None => Edges::from([vec!["no such column".to_owned()]]),
        };
        let id = case["id"].as_str().unwrap();
        if !score.add(&expected, &found) && !OURS.contains(&id) {
            eprintln!("{id}: expected {expected:?}, found {found:?}");
        }
    }
    score.report("sqlglot leaves", 44, 0.96);
}
