//! Whether new schemas can read data of old ones, against what registries and libraries decide.

use contract::diff::Mode;
use contract::formats::{Format, SchemaText, report};

use crate::{json_lines, suite};

/// Cases that we decide in another way on purpose; `docs/src/compatibility.md` says why.
const ON_PURPOSE: &[(&str, &[&str])] = &[
    (
        "everything satisfies `true`, not objects alone",
        &[
            "0133", "0134", "0135", "0137", "0138", "0140", "0143", "0145", "0146", "0147", "0148", "0149", "0151",
            "0153", "0155", "0156", "0157", "0159", "0160", "0161", "0162", "0163", "0164", "0166", "0167", "0172",
            "0173", "0174", "0177", "0181", "0183", "0184", "0186", "0187", "0188", "0189", "0193",
        ],
    ),
    ("nothing satisfies `false`, so nothing but itself is replaced by it", &["0100"]),
    ("`false` and the negation of everything both allow nothing", &["0229", "0230", "0232"]),
    ("a property that may be anything narrows nothing", &["0290", "0295"]),
    ("both patterns occur in every text", &["0321"]),
    ("the lower of two bounds says nothing", &["0778"]),
];

/// Balanced accuracy over the cases that are not on the list.
fn score(path: &str, format: Format) -> Option<f64> {
    let path = suite(path)?;
    let (mut yes, mut yes_right, mut no, mut no_right) = (0, 0, 0, 0);
    let (mut all, mut all_right) = (0, 0);
    for case in json_lines(&path) {
        let id = case["id"].as_str().unwrap();
        let expected = case["compatible"].as_bool().unwrap();
        let (old, new) = (case["old"].to_string(), case["new"].to_string());
        let old = SchemaText { path: "old", text: &old };
        let new = SchemaText { path: "new", text: &new };
        let mode = Mode::ALL.into_iter().find(|mode| Some(mode.word()) == case["mode"].as_str()).unwrap();
        let told = report(format, &[old], new, Some(mode));
        let compatible = told.as_ref().is_ok_and(|report| report.compatible);
        all += 1;
        all_right += usize::from(compatible == expected);
        let number = id.strip_prefix("jsonschema-").unwrap_or_default();
        if ON_PURPOSE.iter().any(|(_, known)| known.contains(&number)) {
            assert_ne!(compatible, expected, "{id} is on the list, and no longer differs");
            continue;
        }
        if compatible != expected {
            eprintln!("{id} expected {expected}\n  old {}\n  new {}", case["old"], case["new"]);
            match told {
                Ok(report) => report
                    .changes
                    .iter()
                    .for_each(|change| eprintln!("    {} {} {}", change.element, change.kind, change.reason)),
                Err(problem) => eprintln!("    {}", problem.message),
            }
        }
        let right = usize::from(compatible == expected);
        if expected {
            (yes, yes_right) = (yes + 1, yes_right + right);
        } else {
            (no, no_right) = (no + 1, no_right + right);
        }
    }
    let accuracy = (yes_right as f64 / yes as f64 + no_right as f64 / no as f64) / 2.0;
    eprintln!(
        "{format:?}: compatible {yes_right}/{yes}, not {no_right}/{no}, balanced {accuracy:.4}; of all {all_right}/{all}"
    );
    Some(accuracy)
}

#[test]
fn avro() {
    let Some(accuracy) = score("schema-compat/avro.jsonl", Format::Avro) else { return };
    assert!(accuracy >= 0.98, "{accuracy}");
}

#[test]
fn json_schema() {
    let Some(accuracy) = score("schema-compat/jsonschema.jsonl", Format::JsonSchema) else { return };
    assert!(accuracy >= 0.98, "{accuracy}");
}
