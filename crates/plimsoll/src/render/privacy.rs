//! Classes, protections and exemptions.

use app::{ErasureReport, RotationReport, ScanReport};
use pipeline::privacy::{Judged, Level};

use super::number::{count, of};
use super::table::{Cell, Column, table};
use crate::screen::{BAD, BOLD, DIM, GOOD, Screen, WARN};

/// One line about the whole project, and one for each exemption; nothing where nothing is sensitive.
pub fn classes(screen: &mut Screen, judged: &Judged) {
    if judged.columns.is_empty() {
        return;
    }
    let sensitive = judged.columns.iter().filter(|column| column.declared.max(column.inflow) > Level::Internal).count();
    let protected = judged.columns.iter().filter(|column| column.protection.is_some()).count();
    let clean = judged.findings.iter().all(|finding| finding.code.level != contract::Level::Error);
    let mark = if clean { format!("{GOOD}✓{GOOD:#}") } else { format!("{WARN}!{WARN:#}") };
    screen.line(format!(
        "{mark} privacy: {} above internal, {protected} protected, {} exempted",
        of(sensitive as u64, "column"),
        judged.exempted.len()
    ));
    for exempted in &judged.exempted {
        screen.line(format!(
            "    {WARN}{}{WARN:#} holds {} data until {}: {} {DIM}({}){DIM:#}",
            exempted.of, exempted.class, exempted.until, exempted.why, exempted.who
        ));
    }
}

/// Every column that is more than public, or that something flows into.
pub fn standing(screen: &mut Screen, judged: &Judged) {
    if judged.columns.is_empty() {
        return screen.line(format!("{DIM}no contract says that anything is more than public{DIM:#}"));
    }
    let columns = ["column", "class", "flows in", "stored as", "protection", "from"].map(|title| Column {
        title,
        right: false,
        expendable: u8::from(title == "from"),
    });
    let rows: Vec<Vec<Cell>> = judged
        .columns
        .iter()
        .map(|standing| {
            let level = |level: Level| if level == Level::Public { String::new() } else { level.to_string() };
            let from = standing.path.first().filter(|step| step.of != standing.of).map(|step| step.of.to_string());
            vec![
                Cell::plain(standing.of.to_string()),
                Cell::plain(level(standing.declared)),
                Cell::plain(level(standing.inflow)),
                Cell::plain(level(standing.stored)),
                Cell::styled(standing.protection.unwrap_or_default(), GOOD),
                Cell::styled(from.unwrap_or_default(), DIM),
            ]
        })
        .collect();
    table(screen, &columns, &rows);
}

pub fn scanned(screen: &mut Screen, report: &ScanReport) {
    for suspect in &report.suspects {
        let sure = (suspect.confidence * 100.0).round();
        screen.line(format!(
            "{WARN}!{WARN:#} {BOLD}{}.{}{BOLD:#} looks like {} {DIM}({sure} %){DIM:#}: {}",
            suspect.dataset,
            suspect.column,
            with_article(suspect.kind.word()),
            suspect.evidence
        ));
        if !suspect.shapes.is_empty() {
            screen.line(format!("    {DIM}as in {}{DIM:#}", suspect.shapes.join(", ")));
        }
        let says = suspect.declared.map_or(String::new(), |declared| format!("its contract says {declared}: "));
        screen.line(format!("    {DIM}{says}give it `classification: {}`, or protect it{DIM:#}", suspect.class));
    }
    for verified in &report.verified {
        let name = format!("{}.{}", verified.dataset, verified.column);
        let values = of(verified.values, "value");
        match (verified.clear, verified.certain) {
            (0, true) => {
                screen.line(format!("{GOOD}✓{GOOD:#} {name}: {values}, all protected ({})", verified.protection))
            }
            (0, false) => screen.line(format!(
                "{DIM}· {name}: {values}; protected values ({}) look like others{DIM:#}",
                verified.protection
            )),
            (clear, _) => screen.line(format!(
                "{BAD}✗{BAD:#} {name}: {} of {values} in the clear, expected {}",
                count(clear),
                verified.protection
            )),
        }
    }
    for table in &report.encrypted {
        let files = of(table.files, "file");
        match table.clear {
            0 => screen.line(format!("{GOOD}✓{GOOD:#} {}: {files}, all encrypted as a whole", table.dataset)),
            clear => screen.line(format!("{BAD}✗{BAD:#} {}: {} of {files} not encrypted", table.dataset, count(clear))),
        }
    }
    for column in &report.unread {
        screen.line(format!(
            "{DIM}· {column}: its values are nested or of another kind, and were not looked into{DIM:#}"
        ));
    }
    let mark = if report.suspects.is_empty() { format!("{GOOD}✓{GOOD:#}") } else { format!("{WARN}!{WARN:#}") };
    let looked = of(report.columns as u64, "column");
    screen.line(format!("{mark} {looked} looked at, {} suspicious", of(report.suspects.len() as u64, "finding")));
}

fn with_article(noun: &str) -> String {
    let article = match noun.chars().next() {
        Some('e' | 'I') => "an",
        _ if noun == "coordinates" => return noun.to_owned(),
        _ => "a",
    };
    format!("{article} {noun}")
}

pub fn rotated(screen: &mut Screen, report: &RotationReport) {
    for dataset in &report.datasets {
        let done = format!(
            "{}, {}, {}",
            of(dataset.values, "value"),
            of(dataset.dead_letters, "dead letter"),
            of(dataset.tokens, "token")
        );
        screen.line(format!("{GOOD}✓{GOOD:#} {BOLD}{}{BOLD:#}: {done}", dataset.name));
        if !dataset.rebuilt.is_empty() {
            let columns = dataset.rebuilt.join(", ");
            screen.line(format!("    {DIM}{columns}: cannot be undone, so the next run builds the table anew{DIM:#}"));
        }
    }
    let (from, to) = (&report.from, &report.to);
    match report.datasets.is_empty() {
        true => screen.line(format!("{GOOD}✓{GOOD:#} nothing is encrypted with {from}")),
        false => screen
            .line(format!("{DIM}{from} may be taken out of [privacy.keys] when all runs with {to} are done{DIM:#}")),
    }
}

pub fn erased(screen: &mut Screen, report: &ErasureReport) {
    for dataset in &report.datasets {
        let found = dataset.rows + dataset.dead_letters + dataset.tokens;
        let mark = if found > 0 { format!("{GOOD}✓{GOOD:#}") } else { format!("{DIM}·{DIM:#}") };
        screen.line(format!(
            "{mark} {BOLD}{}{BOLD:#} by {}: {}, {}, {}; {} and {} deleted",
            dataset.name,
            dataset.columns.join(", "),
            of(dataset.rows, "row"),
            of(dataset.dead_letters, "dead letter"),
            of(dataset.tokens, "token"),
            of(dataset.files.len() as u64, "file"),
            of(dataset.log_entries, "log entry"),
        ));
        if !dataset.previous.is_empty() {
            let versions = dataset.previous.join(", ");
            screen.line(format!("    {WARN}what was kept of the contract's version {versions} is removed{WARN:#}"));
        }
        if dataset.unread > 0 {
            let letters = of(dataset.unread, "dead letter");
            screen.line(format!(
                "    {WARN}{letters} could not be looked into{WARN:#}: see plimsoll dlq show {}",
                dataset.name
            ));
        }
    }
    if !report.reached.is_empty() {
        screen.line(format!("{DIM}made anew by the next run: {}{DIM:#}", report.reached.join(", ")));
    }
    for source in &report.sources {
        screen.line(format!("{WARN}!{WARN:#} {source} is not Plimsoll's: take the person out there, too"));
    }
    screen.line(format!("{DIM}proof {}{DIM:#}", report.proof));
}

pub fn keys(screen: &mut Screen, rows: &[serde_json::Value]) {
    if rows.is_empty() {
        return screen.line(format!("{DIM}no keys: declare one under [privacy.keys] in plimsoll.toml{DIM:#}"));
    }
    for row in rows {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let present = if row["present"] == true { " (used now)" } else { "" };
        match row["error"].as_str() {
            None => screen.line(format!(
                "{GOOD}✓{GOOD:#} {BOLD}{}{BOLD:#}{present} {DIM}{}, {}{DIM:#}",
                text("id"),
                text("source"),
                text("check")
            )),
            Some(error) => screen.line(format!("{BAD}✗{BAD:#} {BOLD}{}{BOLD:#}{present} {error}", text("id"))),
        }
    }
}
