//! Which of two contracts' changes break those who read, against the recorded verdicts of a peer.

use contract::Contract;
use contract::diff::{Source, Verdict, report};

use crate::{json_lines, suite};

/// Where we differ on purpose, with the reason; `docs/src/compatibility.md` tells them to users.
const ON_PURPOSE: &[(&str, &str)] = &[];

#[test]
fn agrees_with_the_peer_about_breaking_changes() {
    let Some(path) = suite("datacontract-cli/breaking.jsonl") else { return };
    let (mut cases, mut right) = (0, 0);
    for case in json_lines(&path) {
        let Some(expected) = case["expected"]["is_breaking"].as_bool() else { continue };
        let id = case["id"].as_str().unwrap();
        let read = |key: &str| Contract::read(case[key].as_str().unwrap()).0;
        let (Some(old), Some(new)) = (read("before"), read("after")) else { continue };
        if ON_PURPOSE.iter().any(|(known, _)| *known == id) {
            continue;
        }
        let found = report(&[Source { path: "old", contract: &old }], Source { path: "new", contract: &new }, None);
        let verdict = match case["perspective"].as_str() {
            Some("producer") => found.verdict.producer,
            _ => found.verdict.consumer,
        };
        cases += 1;
        if (verdict == Verdict::Breaking) == expected {
            right += 1;
        } else {
            eprintln!("{id} {}: expected breaking {expected}: {:#?}", case["peer_test"], found.changes);
        }
    }
    eprintln!("breaking: {right}/{cases}");
    assert!(right * 100 >= cases * 98, "{right}/{cases}");
}
