//! Which files may share a key, as far as their statistics tell.

use deltalake::kernel::Add;
use serde_json::{Value, json};

use super::overlaps;

fn file(min: Value, max: Value) -> Add {
    let stats = json!({ "numRecords": 1, "minValues": min, "maxValues": max, "nullCount": {} });
    Add { stats: Some(stats.to_string()), ..Add::default() }
}

#[test]
fn only_certain_distance_keeps_files_apart() {
    let key = ["id".to_owned(), "day".to_owned()];
    let check = |a: &Add, b: &Add, expected: bool| {
        assert_eq!(overlaps(a, b, &key), expected);
        assert_eq!(overlaps(b, a, &key), expected);
    };
    let old = file(json!({ "id": 1, "day": "2024-01-01" }), json!({ "id": 9, "day": "2024-01-31" }));
    check(&old, &file(json!({ "id": 9, "day": "2024-01-31" }), json!({ "id": 12, "day": "2024-02-01" })), true);
    check(&old, &file(json!({ "id": 10, "day": "2024-01-01" }), json!({ "id": 12, "day": "2024-01-01" })), false);
    check(&old, &file(json!({ "id": 1, "day": "2024-02-01" }), json!({ "id": 9, "day": "2024-02-02" })), false);
    check(&old, &file(json!({}), json!({})), true);
    check(&old, &Add::default(), true);
}
