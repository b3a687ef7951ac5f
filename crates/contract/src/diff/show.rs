//! A report for people at a terminal: the verdicts first, then the changes, the worst first.

use std::fmt::Write;

use serde_json::Value as Json;

use super::change::{Bump, Change, Verdict};
use super::history::Report;
use crate::text::wrapped;

/// How a report is shown.
#[derive(Debug, Clone, Copy)]
pub struct ShowOptions {
    pub colour: bool,
    /// Columns of the screen.
    pub width: usize,
}

/// The report as text, with a final line end.
pub fn show(report: &Report, options: ShowOptions) -> String {
    let paint = Paint { colour: options.colour };
    let mut out = String::new();
    if report.changes.is_empty() {
        out.push_str("nothing changed\n");
    }
    let width = options.width.max(40);
    let widest = report.changes.iter().map(|change| element(change).chars().count()).max().unwrap_or(0);
    let column = widest.min(width.saturating_sub(24) / 2);
    for change in &report.changes {
        line(&mut out, change, column, width, paint);
    }
    if !report.changes.is_empty() {
        out.push('\n');
    }
    summary(&mut out, report, paint);
    out
}

/// The two verdicts, the compatibility, and the version, each in a line.
fn summary(out: &mut String, report: &Report, paint: Paint) {
    let column = report.mode.map_or(0, str::len).max("version".len()) + 2;
    for (who, verdict, of) in [
        ("readers", report.verdict.consumer, consumer as fn(&Change) -> Verdict),
        ("writers", report.verdict.producer, producer),
    ] {
        let counted = counted(report, of);
        let word = if counted.is_empty() { verdict.word().to_owned() } else { format!("{:<10}", verdict.word()) };
        let _ = writeln!(out, "{who:<column$}{}{counted}", paint.verdict(verdict, &word));
    }
    if let Some(mode) = report.mode {
        let (verdict, word) = match report.compatible {
            true => (Verdict::Safe, "compatible"),
            false => (Verdict::Breaking, "not compatible"),
        };
        let _ = writeln!(out, "{mode:<column$}{}", paint.verdict(verdict, word));
    }
    if let Some(text) = version_words(report) {
        let verdict = if report.version.enough { Verdict::Safe } else { Verdict::Warning };
        let _ = writeln!(out, "{:<column$}{}", "version", paint.verdict(verdict, &text));
    }
}

/// What the version is, and what the changes ask of it.
pub(super) fn version_words(report: &Report) -> Option<String> {
    let version = &report.version;
    let (old, new) = (version.old.as_deref()?, version.new.as_deref()?);
    let moved = if old == new { format!("stays {old}") } else { format!("{old} → {new}") };
    Some(match (version.needed, version.enough) {
        (Bump::None, true) => moved,
        (needed, true) => format!("{moved}, enough for a {} change", needed.word()),
        (needed, false) => {
            let lowest = super::version::raised(old, needed);
            let wanted = lowest.map(|lowest| format!(": make it {lowest} or later")).unwrap_or_default();
            format!("{moved}, too low for a {} change{wanted}", needed.word())
        }
    })
}

fn consumer(change: &Change) -> Verdict {
    change.consumer
}

fn producer(change: &Change) -> Verdict {
    change.producer
}

/// `2 break them, 1 to look at`.
fn counted(report: &Report, of: fn(&Change) -> Verdict) -> String {
    let count = |verdict| report.changes.iter().filter(|change| of(change) == verdict).count();
    let parts: Vec<String> = [Verdict::Breaking, Verdict::Warning]
        .into_iter()
        .filter(|verdict| count(*verdict) > 0)
        .map(|verdict| match (verdict, count(verdict)) {
            (Verdict::Breaking, 1) => "1 breaks them".to_owned(),
            (Verdict::Breaking, many) => format!("{many} break them"),
            (_, 1) => "1 to look at".to_owned(),
            (_, many) => format!("{many} to look at"),
        })
        .collect();
    parts.join(", ")
}

/// One change in one line, and why in the next.
fn line(out: &mut String, change: &Change, column: usize, width: usize, paint: Paint) {
    let verdict = change.consumer.max(change.producer);
    let name = element(change);
    let gap = " ".repeat(column.saturating_sub(name.chars().count()));
    let what = what(change);
    let room = width.saturating_sub(10 + column.max(name.chars().count()) + 2);
    let what = if room < 12 { what } else { cut(&what, room) };
    let _ = writeln!(
        out,
        "{} {}{gap}  {what}",
        paint.verdict(verdict, &format!("{:<9}", verdict.word())),
        paint.bold(&visible(&name))
    );
    if verdict == Verdict::Safe {
        return;
    }
    let felt = match (change.consumer, change.producer) {
        (one, other) if one == other => "readers and writers".to_owned(),
        (consumer, Verdict::Safe) => format!("readers{}", milder(consumer, verdict)),
        (Verdict::Safe, producer) => format!("writers{}", milder(producer, verdict)),
        (consumer, producer) if consumer > producer => "readers, and a warning to writers".to_owned(),
        _ => "writers, and a warning to readers".to_owned(),
    };
    let since = change.since.as_deref().map(|since| format!(" (since {since})")).unwrap_or_default();
    let place = change.new_place.as_ref().or(change.old_place.as_ref());
    let place = place.map(|at| format!(" · {}:{}:{}", at.path, at.line, at.column)).unwrap_or_default();
    let text = format!("{felt}: {}{since}{place}", visible(&change.reason));
    for part in wrapped(&text, width.saturating_sub(10)) {
        let _ = writeln!(out, "          {}", paint.dim(&part));
    }
}

fn milder(own: Verdict, worst: Verdict) -> &'static str {
    if own == worst { "" } else { ", as a warning" }
}

/// The element without the words that are the same everywhere: `orders.id.required`.
pub(super) fn element(change: &Change) -> String {
    let path = change.element.strip_prefix("schema.").unwrap_or(&change.element);
    path.replace(".properties.", ".").replace(".logicalTypeOptions.", ".")
}

/// `10 → 20`; for what came or went as a whole, that.
pub(super) fn what(change: &Change) -> String {
    let side = |value: &Option<Json>| value.as_ref().map(value_words);
    let renamed = change.rename_of.as_deref();
    let is_flag = |value: &Option<Json>| matches!(value, Some(Json::Bool(_)) | None);
    if is_flag(&change.old) && is_flag(&change.new) && change.kind.ends_with("-changed") {
        let flag = |value: &Option<Json>| value.as_ref().and_then(Json::as_bool).unwrap_or(false);
        return format!("{} → {}", flag(&change.old), flag(&change.new));
    }
    match (change.kind, side(&change.old), side(&change.new), renamed) {
        (kind, _, Some(new), Some(old)) if kind.ends_with("-added") => format!("added {new} (was it `{old}`?)"),
        (_, None, Some(new), _) => format!("added {new}"),
        (_, Some(old), None, _) => format!("removed {old}"),
        (_, Some(old), Some(new), _) => format!("{old} → {new}"),
        (kind, None, None, _) => kind.replace('-', " "),
    }
}

/// Where a change is, and what it is, in a few words each.
pub fn in_words(change: &Change) -> (String, String) {
    (element(change), what(change))
}

/// A value in few words: of a column its type.
fn value_words(value: &Json) -> String {
    const SHOWN_MAX: usize = 48;
    match value {
        Json::String(text) => cut(&visible(text), SHOWN_MAX),
        Json::Object(map) if map.contains_key("method") && crate::privacy::protection(value).is_ok() => {
            cut(&crate::privacy::protection(value).map(|found| found.to_string()).unwrap_or_default(), SHOWN_MAX)
        }
        Json::Object(map) => {
            let kind = ["physicalType", "logicalType", "metric", "type", "value", "property"];
            let text = kind.iter().find_map(|key| map.get(*key)).map(value_words).unwrap_or_default();
            let compared = map.iter().find(|(key, _)| key.starts_with("must"));
            let text = match compared {
                Some((key, value)) => format!("{text} {} {}", operator(key), value_words(value)),
                None => text,
            };
            let required = map.get("required") == Some(&Json::Bool(true));
            let text = if required { format!("{text} required") } else { text };
            text.trim().to_owned()
        }
        Json::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            let words: Vec<String> = items.iter().take(12).map(value_words).collect();
            cut(&format!("[{}]", words.join(", ")), SHOWN_MAX)
        }
        other => cut(&other.to_string(), SHOWN_MAX),
    }
}

fn operator(key: &str) -> &str {
    match key {
        "mustBe" => "=",
        "mustNotBe" => "≠",
        "mustBeGreaterThan" => ">",
        "mustBeGreaterOrEqualTo" => "≥",
        "mustBeLessThan" => "<",
        "mustBeLessOrEqualTo" => "≤",
        "mustBeBetween" => "within",
        "mustNotBeBetween" => "outside",
        other => other,
    }
}

pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Control characters of a file must not reach a terminal.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[derive(Debug, Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn verdict(self, verdict: Verdict, text: &str) -> String {
        let code = match verdict {
            Verdict::Breaking => "1;31",
            Verdict::Warning => "33",
            Verdict::Safe => "32",
        };
        self.with(code, text)
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
