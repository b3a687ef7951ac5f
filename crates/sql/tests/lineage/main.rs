//! Column lineage against the outside material under `../shared/suites`, and against hostile SQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod hostile;
mod openlineage;
mod sqlglot;
mod sqllineage;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use sql::lineage::{Dialect, Options, Schemas, follow};

/// An edge, in lower case, since the peers differ in how they write names.
type Edges = BTreeSet<Vec<String>>;

/// The lines of a suite; nothing, with a note, where the suites are not present.
fn cases(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites/lineage").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("note: the suite lineage/{file} is absent, nothing is checked");
        return Vec::new();
    };
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn lineage(sql: &str, dialect: &Value, schema: &Value) -> Value {
    let name = dialect.as_str().unwrap_or("generic");
    let dialect = Dialect::named(name).unwrap_or_else(|| panic!("no dialect {name}"));
    let schemas = match schema.is_object() {
        true => Schemas::from_json(&schema.to_string(), dialect).unwrap(),
        false => Schemas::default(),
    };
    follow(sql, &Options { dialect, schemas }, |script| serde_json::to_value(script.report()).unwrap())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_lowercase()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn names(value: &Value) -> BTreeSet<String> {
    items(value).iter().map(text).collect()
}

/// How many cases came out exactly, and how the single edges did.
#[derive(Default)]
struct Score {
    exact: usize,
    cases: usize,
    right: usize,
    missing: usize,
    extra: usize,
}

impl Score {
    fn add(&mut self, expected: &Edges, found: &Edges) -> bool {
        self.cases += 1;
        self.right += expected.intersection(found).count();
        self.missing += expected.difference(found).count();
        self.extra += found.difference(expected).count();
        self.exact += usize::from(expected == found);
        expected == found
    }

    fn f1(&self) -> f64 {
        2.0 * self.right as f64 / (2 * self.right + self.missing + self.extra) as f64
    }

    /// Prints the score, and fails below the floors.
    fn report(&self, name: &str, exact_min: usize, f1_min: f64) {
        if self.cases == 0 {
            return;
        }
        let (exact, cases, f1) = (self.exact, self.cases, self.f1());
        eprintln!("{name}: {exact} of {cases} exact, F1 over edges {f1:.4}");
        assert!(exact >= exact_min, "{name}: {exact} of {cases} exact, the floor is {exact_min}");
        assert!(f1 >= f1_min, "{name}: F1 {f1:.4}, the floor is {f1_min}");
    }
}
