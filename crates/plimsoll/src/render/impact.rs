//! What a change does, for people: the worst first, each with its place and its reason.

use std::fmt::Write;

use app::impact::{Effect, Impact, Severity, Step, What};
use contract::text::wrapped;

use super::number::count;
use crate::screen::{BAD, BOLD, DIM, GOOD, PLACE, Screen, WARN};

/// Steps of a longer way are left out in the middle.
const STEPS_TOLD: usize = 8;

pub fn show(screen: &mut Screen, impact: &Impact) {
    for change in &impact.changes {
        screen.line(format!("{BOLD}{}{BOLD:#} {}", change.subject(), change.kind.sentence()));
    }
    for severity in Severity::ALL {
        let effects: Vec<&Effect> = impact.effects.iter().filter(|effect| effect.severity == severity).collect();
        if effects.is_empty() {
            continue;
        }
        let style = match severity {
            Severity::Breaks => BAD,
            Severity::Stops | Severity::AtRisk => WARN,
            Severity::Affected => BOLD,
        };
        screen.line("");
        screen.line(format!("{style}{}{style:#} {DIM}{}{DIM:#}", title(severity), meaning(severity)));
        let (decided, others): (Vec<&Effect>, Vec<&Effect>) =
            effects.into_iter().partition(|effect| is_decided(effect));
        for effect in others {
            one(screen, effect);
        }
        for (of, columns) in together(&decided) {
            many(screen, &of, &columns);
        }
    }
    screen.line("");
    screen.line(summary(impact, true));
}

const INDENT: usize = 12;

/// A column whose rows or choices depend on the change, and not its value.
fn is_decided(effect: &Effect) -> bool {
    effect.what == What::Column && effect.reason.starts_with("is decided by")
}

/// The columns of one dataset for one reason.
fn together<'e>(effects: &[&'e Effect]) -> Vec<((&'e str, &'e str), Vec<&'e str>)> {
    let mut groups: Vec<((&str, &str), Vec<&str>)> = Vec::new();
    for effect in effects {
        let of = (effect.dataset.as_deref().unwrap_or_default(), effect.reason.as_str());
        let column = effect.column.as_deref().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == of) {
            Some((_, columns)) => columns.push(column),
            None => groups.push((of, vec![column])),
        }
    }
    groups
}

fn many(screen: &mut Screen, (dataset, reason): &(&str, &str), columns: &[&str]) {
    let what = if columns.len() == 1 { "column" } else { "columns" };
    screen.line(format!("  {DIM}{what:<9}{DIM:#} {dataset}"));
    let reason =
        if columns.len() == 1 { (*reason).to_owned() } else { reason.replacen("is decided", "are decided", 1) };
    for line in wrapped(&format!("{} {reason}", columns.join(", ")), screen.width.saturating_sub(INDENT)) {
        screen.line(format!("{:INDENT$}{line}", ""));
    }
}

fn one(screen: &mut Screen, effect: &Effect) {
    let place = place(effect).map_or(String::new(), |place| format!("  {PLACE}{place}{PLACE:#}"));
    screen.line(format!("  {DIM}{:<9}{DIM:#} {}{place}", effect.what.word(), subject(effect)));
    // The way says it all when the column merely hangs on the change.
    let plain = effect.what == What::Column && matches!(effect.severity, Severity::Stops | Severity::Affected);
    let mut told = if plain { Vec::new() } else { wrapped(&effect.reason, screen.width.saturating_sub(INDENT)) };
    if effect.steps.len() > 1 {
        told.extend(wrapped(&steps(&effect.steps), screen.width.saturating_sub(INDENT)));
    }
    for line in told {
        screen.line(format!("{:INDENT$}{line}", ""));
    }
}

pub fn markdown(impact: &Impact) -> String {
    let mark = if impact.breaks() {
        "❌"
    } else if impact.effects.is_empty() {
        "✅"
    } else {
        "⚠️"
    };
    let mut text = format!("## {mark} Impact\n\n{}\n\n", summary(impact, false));
    // Writing to a string cannot fail.
    for change in &impact.changes {
        let _ = writeln!(text, "- `{}` {}", change.subject(), cell(&change.kind.sentence()));
    }
    for severity in Severity::ALL {
        let effects: Vec<&Effect> = impact.effects.iter().filter(|effect| effect.severity == severity).collect();
        if effects.is_empty() {
            continue;
        }
        let _ = write!(
            text,
            "\n### {}\n\n{}\n\n| | what | where | why |\n| --- | --- | --- | --- |\n",
            title(severity),
            capital(meaning(severity))
        );
        for effect in effects {
            let place = place(effect).map_or(String::new(), |place| format!("`{place}`"));
            let way = if effect.steps.len() > 2 { format!("<br>{}", steps(&effect.steps)) } else { String::new() };
            let _ = writeln!(
                text,
                "| {} | `{}` | {place} | {}{} |",
                effect.what.word(),
                subject(effect).replace(['`', '|'], "'"),
                cell(&effect.reason),
                cell(&way)
            );
        }
    }
    text
}

fn title(severity: Severity) -> &'static str {
    match severity {
        Severity::Breaks => "Breaks",
        Severity::Stops => "Stops",
        Severity::AtRisk => "At risk",
        Severity::Affected => "Affected",
    }
}

fn meaning(severity: Severity) -> &'static str {
    match severity {
        Severity::Breaks => "it fails, or no longer does what its contract says",
        Severity::Stops => "it is whole, but what it needs breaks",
        Severity::AtRisk => "whether it fails depends on the data",
        Severity::Affected => "it goes on; whoever keeps it should know",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect::<String>() + ".")
}

fn subject(effect: &Effect) -> String {
    let dataset = effect.dataset.as_deref().unwrap_or("the project");
    match (effect.what, &effect.column, &effect.name) {
        (What::Check, _, Some(check)) => format!("{check} of {dataset}"),
        (What::Consumer | What::Owner | What::Schedule, _, Some(name)) => format!("{name} of {dataset}"),
        (_, Some(column), _) => format!("{dataset}.{column}"),
        _ => dataset.to_owned(),
    }
}

fn place(effect: &Effect) -> Option<String> {
    effect.place.as_ref().map(|place| format!("{}:{}:{}", place.path, place.line, place.column))
}

fn steps(steps: &[Step]) -> String {
    let told = |step: &Step| match step.kind {
        Some(kind) => format!("→ {} ({kind})", step.column),
        None => step.column.to_string(),
    };
    if steps.len() <= STEPS_TOLD {
        return steps.iter().map(told).collect::<Vec<_>>().join(" ");
    }
    let (front, back) = (&steps[..STEPS_TOLD / 2], &steps[steps.len() - STEPS_TOLD / 2..]);
    let left_out = format!("→ {} more", steps.len() - STEPS_TOLD);
    front.iter().map(told).chain([left_out]).chain(back.iter().map(told)).collect::<Vec<_>>().join(" ")
}

fn summary(impact: &Impact, coloured: bool) -> String {
    let of = |severity: Severity, one: &str, many: &str| {
        let number = impact.count(severity);
        (number > 0).then(|| format!("{} {}", count(number as u64), if number == 1 { one } else { many }))
    };
    let parts: Vec<String> = [
        of(Severity::Breaks, "breaks", "break"),
        of(Severity::Stops, "stops", "stop"),
        of(Severity::AtRisk, "is at risk", "are at risk"),
        of(Severity::Affected, "is affected", "are affected"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let words = match (impact.changes.is_empty(), parts.is_empty()) {
        (true, true) => "nothing has changed".to_owned(),
        (false, true) => "nothing depends on it".to_owned(),
        (_, false) if impact.breaks() => parts.join(", "),
        (_, false) => format!("nothing breaks; {}", parts.join(", ")),
    };
    match (coloured, impact.breaks()) {
        (true, true) => format!("{BAD}✗{BAD:#} {words}"),
        (true, false) => format!("{GOOD}✓{GOOD:#} {words}"),
        (false, _) => words,
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
