//! Comments of code reviews: nothing foreign gets out of its code.

use super::*;

/// What a column, a reason or a name might hold to get out.
pub const HOSTILE: [&str; 10] = [
    "@team and @here",
    "` @team `",
    "``` \n@team",
    "````\n```\n# Approved",
    "</details><img src=x onerror=alert(1)>",
    "[approve](https://evil.example) https://evil.example",
    "#1 !2 ~label owner/repo#3 :tada:",
    "a\r\n\r\n@team",
    "\u{202e}devorppa\u{2066}",
    "*bold* _it_ <!channel> <@U123> &lt;",
];

pub fn hostile() -> GateToTell {
    let all: Vec<String> = HOSTILE.iter().map(|text| (*text).to_owned()).collect();
    GateToTell {
        id: HOSTILE[1].into(),
        kind: "data-quality".into(),
        state: HOSTILE[2].into(),
        is_waiting: true,
        facts: vec![("Dataset", HOSTILE[3].into()), ("Fingerprint", HOSTILE[5].into()), ("Asked", HOSTILE[0].into())],
        asks: all.clone(),
        evidence: all.clone(),
        impact: all.clone(),
        rollback: all.clone(),
        people: all.clone(),
        commands: all,
        document: serde_json::Value::Null,
    }
}

/// What CommonMark takes for text outside of code: fenced blocks by lines, spans by equal runs of backticks.
fn outside_code(markdown: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<usize> = None;
    for line in markdown.lines() {
        let run = line.chars().take_while(|c| *c == '`').count();
        match fence {
            Some(open) if run >= open && line.trim_end().chars().all(|c| c == '`') => fence = None,
            Some(_) => {}
            None if run >= 3 && !line[run..].contains('`') => fence = Some(run),
            None => out.push_str(&without_spans(line)),
        }
        out.push('\n');
    }
    assert_eq!(fence, None, "a block is open to the end");
    out
}

fn without_spans(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('`') {
        let run = rest[at..].chars().take_while(|c| *c == '`').count();
        let after = &rest[at + run..];
        let end = after.match_indices('`').find_map(|(index, _)| {
            let own = after[index..].chars().take_while(|c| *c == '`').count();
            let starts = index == 0 || !after[..index].ends_with('`');
            (starts && own == run).then_some(index + run)
        });
        out.push_str(&rest[..at]);
        match end {
            Some(end) => rest = &after[end..],
            None => {
                out.push_str(&rest[at..at + run]);
                rest = after;
            }
        }
    }
    out + rest
}

#[test]
fn nothing_foreign_stands_outside_of_code() {
    for forge in [Forge::Github, Forge::Gitlab] {
        let comment = gate_as_comment(&hostile(), forge);
        let text = outside_code(&comment);
        for word in ["@", "evil", "img", "Approved", "#1", "channel", "bold", "\u{202e}", "\u{2066}", "~label", "tada"]
        {
            assert!(!text.contains(word), "{word} got out:\n{text}");
        }
        assert_eq!(text.matches("<details>").count(), 4);
        assert_eq!(text.matches("</details>").count(), 4);
    }
}

#[test]
fn the_judge_of_these_tests_sees_what_gets_out() {
    assert!(outside_code("a `b` @team").contains("@team"));
    assert!(outside_code("```text\n```\n@team").contains("@team"));
    assert!(outside_code("`` ` `` @team ` `").contains("@team"));
    assert!(!outside_code("````text\n```\n@team\n````").contains("@team"));
}

#[test]
fn a_comment_stays_within_what_a_forge_takes() {
    let many: Vec<String> = (0..5_000).map(|at| format!("{at} {}", "x".repeat(300))).collect();
    let gate = GateToTell { evidence: many.clone(), impact: many, ..hostile() };
    let comment = gate_as_comment(&gate, Forge::Github);
    assert!(comment.len() <= 65_536, "{}", comment.len());
    assert!(comment.contains("Who decides"), "what fits is told");
}
