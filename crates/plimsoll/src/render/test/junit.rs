//! JUnit XML as continuous integration reads it: one suite per dataset, one case per check.

use std::fmt::Write;

use app::test::TestReport;
use pipeline::{Outcome, Verdict};

use super::{Tally, sample, title};
use crate::render::markup;

pub fn junit(report: &TestReport) -> String {
    let all = Tally::all(report);
    let total: usize = report.datasets.iter().map(|dataset| dataset.checks.len()).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<testsuites name=\"{}\" tests=\"{total}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3}\">",
        escaped(&title(report)),
        all.failed,
        all.not_checked,
        report.seconds
    );
    for dataset in &report.datasets {
        let tally = Tally::of(dataset.checks.iter());
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3}\">",
            escaped(&dataset.name),
            dataset.checks.len(),
            tally.failed,
            tally.not_checked,
            dataset.seconds
        );
        for verdict in &dataset.checks {
            case(&mut text, &dataset.name, verdict);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn case(text: &mut String, dataset: &str, verdict: &Verdict) {
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\" time=\"0\"",
        escaped(dataset),
        escaped(&format!("{}: {}", verdict.id, verdict.expected))
    );
    let reason = escaped(verdict.reason.as_deref().unwrap_or_default());
    let rows: String = verdict.samples.iter().map(|value| format!("{}\n", escaped(&sample(value)))).collect();
    let inner = match verdict.outcome {
        Outcome::Passed => None,
        Outcome::Failed => {
            Some(format!("<failure type=\"{}\" message=\"{reason}\">{rows}</failure>", escaped(&verdict.kind)))
        }
        Outcome::NotChecked => Some(format!("<skipped message=\"{reason}\"/>")),
        // JUnit knows no warnings: the case passes and says so.
        Outcome::Warned => Some(format!("<system-out>warning: {reason}\n{rows}</system-out>")),
    };
    let _ = match inner {
        None => writeln!(text, "{head}/>"),
        Some(inner) => writeln!(text, "{head}>\n      {inner}\n    </testcase>"),
    };
}

/// Text and attribute values; characters that XML does not know become a mark.
fn escaped(text: &str) -> String {
    let known = |character: char| match character {
        '\n' | '\t' => ' ',
        character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
        character => character,
    };
    markup::escaped(&text.chars().map(known).collect::<String>())
}
