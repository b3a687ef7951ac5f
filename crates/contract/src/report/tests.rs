//! The forms that other tools read, character by character.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{github, sarif};
use crate::load;

const TEXT: &str = "apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0\n";

#[test]
fn github_commands_are_escaped() {
    let mut found = load("a,b:c.yaml", TEXT).diagnostics.into_iter().find(|found| found.code == "PL111").unwrap();
    found.message.push_str(" 100%\nnext");
    assert_eq!(
        github(&found),
        "::error file=a%2Cb%3Ac.yaml,line=4,col=10,title=PL111::`version` must be text, this is the number 1.0 100%25%0Anext%0Aput the value in quotes"
    );
}

/// The properties that the SARIF 2.1.0 schema requires, and the closed lists of words that it has for these.
#[test]
fn sarif_has_what_its_schema_requires() {
    let found = load("folder/with space.odcs.yaml", TEXT).diagnostics;
    let log = sarif(&found, "0.1.0");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["id"].is_string() && rule["shortDescription"]["text"].is_string()));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), found.len());
    for result in results {
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        assert!(result["message"]["text"].is_string());
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "folder/with%20space.odcs.yaml");
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
        assert!(place["region"]["startColumn"].as_u64().unwrap() >= 1);
    }
}
