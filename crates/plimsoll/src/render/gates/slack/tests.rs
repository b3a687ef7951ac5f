//! Messages for Slack: within its limits, and nothing in them is a mention or a link.

use super::super::comment::tests::hostile;
use super::*;

fn texts(value: &Value, into: &mut Vec<(Option<String>, String)>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(text)) = map.get("text") {
                into.push((map.get("type").and_then(|kind| kind.as_str()).map(str::to_owned), text.clone()));
            }
            map.values().for_each(|value| texts(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| texts(value, into)),
        _ => {}
    }
}

#[test]
fn nothing_foreign_is_a_mention_or_a_link() {
    let message = gate_for_slack(&hostile());
    let mut found = Vec::new();
    texts(&message, &mut found);
    assert!(found.len() > 8, "{message}");
    for (kind, text) in &found {
        assert!(!text.contains(['<', '>']), "{text}");
        let without = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
        assert!(!without.contains('&'), "{text}");
        // The message's own text is for notifications; everything else is plain.
        assert!(kind.as_deref() == Some("plain_text") || kind.is_none(), "{kind:?}");
    }
    assert!(
        found.iter().any(|(_, text)| text.contains("&lt;!channel&gt; &lt;@U123&gt; &amp;lt;")),
        "it is shown all the same"
    );
}

#[test]
fn a_message_stays_within_what_slack_takes() {
    let many: Vec<String> = (0..5_000).map(|at| format!("{at} {}", "&".repeat(900))).collect();
    let facts = (0..30).map(|_| ("Fact", "<".repeat(5_000))).collect();
    let gate = GateToTell {
        id: "&".repeat(400),
        facts,
        evidence: many.clone(),
        people: many.clone(),
        asks: many,
        ..hostile()
    };
    let message = gate_for_slack(&gate);
    let blocks = message["blocks"].as_array().cloned().unwrap_or_default();
    assert!(blocks.len() <= 50);
    for block in &blocks {
        let length = |value: &Value| value["text"].as_str().map_or(0, |text| text.chars().count());
        let most = if block["type"] == "header" { 150 } else { 3_000 };
        assert!(length(&block["text"]) <= most);
        let fields = block["fields"].as_array().cloned().unwrap_or_default();
        assert!(fields.len() <= 10 && fields.iter().all(|field| (1..=2_000).contains(&length(field))));
    }
    assert!(message["text"].as_str().is_some_and(|text| text.chars().count() <= 3_000));
    let evidence =
        blocks.iter().find(|block| block["text"]["text"].as_str().is_some_and(|text| text.starts_with("Evidence")));
    let text = evidence.and_then(|block| block["text"]["text"].as_str()).unwrap_or_default();
    assert!(text.contains("… and ") && text.ends_with(" more"), "{text}");
}
