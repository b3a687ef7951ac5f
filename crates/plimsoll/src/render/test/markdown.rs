//! Markdown, for a comment on a change or the summary of a job.

use std::fmt::Write;

use app::test::TestReport;
use pipeline::Outcome;

use super::{Tally, measure, sample, title, word, worst_first};
use crate::render::number::{count, of};

const SAMPLES_TOLD: usize = 3;

pub fn markdown(report: &TestReport) -> String {
    let tally = Tally::all(report);
    let mark = if tally.failed > 0 {
        "❌"
    } else if tally.warned + tally.not_checked > 0 {
        "⚠️"
    } else {
        "✅"
    };
    let mut text = format!("## {mark} {}\n\n{}\n", escaped(&title(report)), tally.words());
    for dataset in &report.datasets {
        let refused =
            if dataset.rows_refused > 0 { format!(", {} refused", count(dataset.rows_refused)) } else { String::new() };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n### {}\n\n{}{refused}\n\n| | check | expected | found |\n| --- | --- | --- | --- |\n",
            escaped(&dataset.name),
            of(dataset.rows_read, "row")
        );
        for verdict in worst_first(dataset) {
            let mark = match verdict.outcome {
                Outcome::Passed => "✅",
                Outcome::Failed => "❌",
                Outcome::Warned => "⚠️",
                Outcome::NotChecked => "➖",
            };
            let found = match measure(verdict) {
                measured if !measured.is_empty() => measured,
                _ if verdict.outcome == Outcome::Passed => String::new(),
                _ => verdict.reason.clone().unwrap_or_else(|| word(verdict.outcome).to_owned()),
            };
            let _ = writeln!(
                text,
                "| {mark} | `{}` | {} | {} |",
                verdict.id.replace(['`', '|'], "'"),
                escaped(&verdict.expected),
                escaped(&found)
            );
        }
        let broken = worst_first(dataset).into_iter().filter(|verdict| !verdict.samples.is_empty());
        for verdict in broken.filter(|verdict| verdict.outcome != Outcome::Passed) {
            let _ = write!(text, "\n<details><summary><code>{}</code></summary>\n\n", html_escaped(&verdict.id));
            for value in verdict.samples.iter().take(SAMPLES_TOLD) {
                let _ = writeln!(text, "- {}", escaped(&sample(value)));
            }
            text.push_str("\n</details>\n");
        }
        if !dataset.extra_columns.is_empty() {
            let names: Vec<String> = dataset.extra_columns.iter().map(|column| escaped(&column.name)).collect();
            let _ = writeln!(text, "\nNot in the contract: {}", names.join(", "));
        }
    }
    text
}

/// Text in which Markdown and HTML see nothing of their own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => out.extend(['\\', character]),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            character if character.is_control() => out.push(' '),
            character => out.push(character),
        }
    }
    out
}

fn html_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
