//! One HTML page with nothing outside of itself: no script, no font, no image.

use std::fmt::Write;

use app::test::{TestReport, TestedDataset};
use pipeline::{Outcome, Verdict};

use super::{Tally, measure, sample, title, word, worst_first};
use crate::render::markup::escaped;
use crate::render::number::{count, of, seconds};

const STYLE: &str = include_str!("report.css");

pub fn html(report: &TestReport) -> String {
    let tally = Tally::all(report);
    let outcome = if report.passed() { "passed" } else { "failed" };
    let server = report.server.as_ref().map(|server| format!(" · server {}", escaped(server))).unwrap_or_default();
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}: {outcome}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header class=\"{outcome}\">\n<p class=\"outcome\">{outcome}</p>\n\
         <h1>{name}</h1>\n<p>{words}{server} · {took}</p>\n<p class=\"digest\">{digest}</p>\n</header>\n<main>\n",
        name = escaped(&title(report)),
        words = tally.words(),
        took = seconds(report.seconds),
        digest = escaped(&report.contract.digest),
    );
    for dataset in &report.datasets {
        section(&mut text, dataset);
    }
    text.push_str("</main>\n</body>\n</html>\n");
    text
}

fn section(text: &mut String, dataset: &TestedDataset) {
    let refused =
        if dataset.rows_refused > 0 { format!(" · {} refused", count(dataset.rows_refused)) } else { String::new() };
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "<section>\n<h2>{}</h2>\n<p>{}{refused} · {}</p>\n",
        escaped(&dataset.name),
        of(dataset.rows_read, "row"),
        Tally::of(dataset.checks.iter()).words()
    );
    text.push_str("<table>\n<thead><tr><th></th><th>check</th><th>expected</th><th class=\"number\">found</th></tr></thead>\n<tbody>\n");
    for verdict in worst_first(dataset) {
        row(text, verdict);
    }
    text.push_str("</tbody>\n</table>\n");
    if !dataset.extra_columns.is_empty() {
        let name = |column: &app::test::ExtraColumn| format!("<code>{}</code>", escaped(&column.name));
        let names: Vec<String> = dataset.extra_columns.iter().map(name).collect();
        let _ = writeln!(text, "<p class=\"extra\">Not in the contract: {}</p>", names.join(", "));
    }
    if !dataset.sources.is_empty() {
        let shown: Vec<String> =
            dataset.sources.iter().take(5).map(|source| format!("<code>{}</code>", escaped(source))).collect();
        let more = dataset.sources.len().saturating_sub(5);
        let more = if more > 0 { format!(" and {} more", count(more as u64)) } else { String::new() };
        let _ = writeln!(text, "<p class=\"extra\">Read from {}{more}</p>", shown.join(", "));
    }
    text.push_str("</section>\n");
}

fn row(text: &mut String, verdict: &Verdict) {
    let class = match verdict.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Warned => "warned",
        Outcome::NotChecked => "unchecked",
    };
    let _ = writeln!(
        text,
        "<tr class=\"{class}\"><td><span class=\"mark\">{}</span></td><td><code>{}</code></td><td>{}</td><td class=\"number\">{}</td></tr>",
        word(verdict.outcome),
        escaped(&verdict.id),
        escaped(&verdict.expected),
        escaped(&measure(verdict))
    );
    if verdict.outcome == Outcome::Passed || (verdict.reason.is_none() && verdict.samples.is_empty()) {
        return;
    }
    let _ = write!(text, "<tr class=\"{class} why\"><td></td><td colspan=\"3\">");
    if let Some(reason) = &verdict.reason {
        let _ = write!(text, "<p>{}</p>", escaped(reason));
    }
    if !verdict.samples.is_empty() {
        text.push_str("<ul>");
        for value in &verdict.samples {
            let _ = write!(text, "<li><code>{}</code></li>", escaped(&sample(value)));
        }
        text.push_str("</ul>");
    }
    text.push_str("</td></tr>\n");
}
