//! Changes of contracts: what they do, who can feel it, what is missing.

use app::RunReport;
use app::changes::{Adopted, ChangeReport, ChangeState};
use app::gates::NewDelegation;
use contract::Level;
use contract::diff::{ShowOptions, Verdict};
use contract::text::{one_line, wrapped};
use engine::Result;
use pipeline::drift::Open;

use super::gates;
use super::number::{moment, of};
use super::table::{Cell, Column, table};
use crate::screen::{BAD, BOLD, DIM, GOOD, Screen, WARN, plain};

/// Lines of one kind that are shown before the rest is only counted.
const SHOWN_MAX: usize = 20;

pub fn changes(screen: &mut Screen, changes: &[ChangeReport]) {
    if changes.is_empty() {
        return screen.line(format!("{GOOD}✓{GOOD:#} no change is open"));
    }
    let columns = [
        Column { title: "change", right: false, expendable: 0 },
        Column { title: "state", right: false, expendable: 0 },
        Column { title: "verdict", right: false, expendable: 1 },
        Column { title: "author", right: false, expendable: 3 },
        Column { title: "tasks", right: true, expendable: 4 },
        Column { title: "until", right: false, expendable: 2 },
        Column { title: "contracts", right: false, expendable: 1 },
    ];
    let rows: Vec<Vec<Cell>> = changes
        .iter()
        .map(|change| {
            let (word, style) = match verdict(change) {
                Verdict::Breaking => ("breaking", BAD),
                Verdict::Warning => ("warning", WARN),
                Verdict::Safe => ("safe", GOOD),
            };
            let style_of_state = match change.state {
                ChangeState::Invalid | ChangeState::Rejected | ChangeState::Expired => BAD,
                ChangeState::Waiting | ChangeState::Archived => WARN,
                ChangeState::Approved => GOOD,
                ChangeState::Applied => DIM,
            };
            vec![
                Cell::plain(change.id.clone()),
                Cell::styled(state_word(change), style_of_state),
                Cell::styled(word, style),
                Cell::plain(change.author.clone().unwrap_or_default()),
                Cell::plain(format!("{}/{}", change.tasks.done, change.tasks.all)),
                Cell::plain(change.expires_ms.map(moment).unwrap_or_default()),
                Cell::plain(steps(change).join(", ")),
            ]
        })
        .collect();
    table(screen, &columns, &rows);
    for change in changes.iter().filter(|change| change.state.waits()) {
        for missing in &change.standing.missing {
            said(screen, &format!("  {} misses ", change.id), missing);
        }
    }
}

fn state_word(change: &ChangeReport) -> &'static str {
    if change.escalated { "escalated" } else { change.state.word() }
}

fn verdict(change: &ChangeReport) -> Verdict {
    change.contracts.iter().map(interop::change::Contracted::verdict).max().unwrap_or_default()
}

/// `orders.odcs.yaml 1.0.0 → 2.0.0`.
fn steps(change: &ChangeReport) -> Vec<String> {
    let step = |contracted: &interop::change::Contracted| {
        let file = contracted.path.rsplit('/').next().unwrap_or_default().to_owned();
        match (&contracted.old, &contracted.new) {
            (Some(old), Some(new)) => format!("{file} {} → {}", old.version, new.version),
            (None, Some(new)) => format!("{file} {} new", new.version),
            (Some(old), None) => match &contracted.moved {
                Some(to) => format!("{file} {} moves to {to}", old.version),
                None => format!("{file} {} retired", old.version),
            },
            (None, None) => file,
        }
    };
    change.contracts.iter().map(step).collect()
}

/// What a decision on it is about, in few words.
pub(super) fn change_asks(change: &ChangeReport) -> Vec<String> {
    let verdict = verdict(change).word();
    steps(change).into_iter().map(|step| format!("{step} ({verdict})")).collect()
}

/// Changes that people have to do something about, in few lines.
pub fn changes_that_wait(screen: &mut Screen, changes: &[ChangeReport]) {
    if changes.is_empty() {
        return;
    }
    screen.line("");
    for change in changes {
        let style =
            if change.state == ChangeState::Rejected || change.state == ChangeState::Invalid { BAD } else { WARN };
        screen.line(format!(
            "{style}!{style:#} change {} is {}: plimsoll change show {}",
            change.id,
            change.state.word(),
            change.id
        ));
    }
}

pub fn change(screen: &mut Screen, change: &ChangeReport) {
    screen.line(format!("{BOLD}{}{BOLD:#} {DIM}{}{DIM:#}", change.id, change.path));
    match (change.state, change.escalated) {
        (_, true) => screen.line(format!("  state    waiting, escalated to {}", change.escalate_to.join(", "))),
        (state, false) => screen.line(format!("  state    {}", state.word())),
    }
    if let Some(author) = &change.author {
        screen.line(format!("  author   {}", plain(author)));
    }
    screen.line(format!("  digest   {}", change.digest.get(..12).unwrap_or_default()));
    screen.line(format!("  tasks    {} of {} done", change.tasks.done, change.tasks.all));
    if let Some(at) = change.asked_ms {
        screen.line(format!("  asked    {}", moment(at)));
    }
    if let Some(at) = change.escalates_ms.filter(|_| !change.escalated) {
        screen.line(format!("  escalates {} to {}", moment(at), change.escalate_to.join(", ")));
    }
    if let Some(at) = change.expires_ms {
        let word = if change.state == ChangeState::Expired { "expired" } else { "expires" };
        screen.line(format!("  {word}  {}", moment(at)));
    }
    for (contracted, step) in change.contracts.iter().zip(steps(change)) {
        screen.line("");
        screen.line(format!("{BOLD}{step}{BOLD:#}"));
        if let Some(report) = &contracted.report {
            let options = ShowOptions { colour: screen.colour, width: screen.width };
            screen.text(&contract::diff::show(report, options));
        }
    }
    impact(screen, change);
    breaks(screen, change, SHOWN_MAX);
    if !change.migration.is_empty() {
        screen.line("");
        screen.line(format!("{BOLD}What has to move{BOLD:#}"));
        for step in change.migration.iter().take(SHOWN_MAX) {
            said(screen, "  · ", step);
        }
        more(screen, change.migration.len());
    }
    standing(screen, change);
}

fn impact(screen: &mut Screen, change: &ChangeReport) {
    if change.impact.is_empty() {
        return;
    }
    screen.line("");
    screen.line(format!("{BOLD}Models that it touches{BOLD:#}"));
    for impact in change.impact.iter().take(SHOWN_MAX) {
        let how = match (impact.makes, impact.columns.is_empty()) {
            (true, _) => "makes it, and must follow".to_owned(),
            (false, true) => "is decided by it".to_owned(),
            (false, false) => format!("makes {} from it", impact.columns.join(", ")),
        };
        said(screen, "  · ", &format!("{}: {} {how}", impact.changed, impact.model));
    }
    more(screen, change.impact.len());
}

/// Who has to follow before it is in force, with the lines: all of it, for whoever is to agree to that.
pub fn change_breaks(screen: &mut Screen, change: &ChangeReport) {
    breaks(screen, change, usize::MAX);
}

fn breaks(screen: &mut Screen, change: &ChangeReport, shown_max: usize) {
    if change.breaks.is_empty() {
        return;
    }
    screen.line("");
    let title = if change.state == ChangeState::Applied { "What undoing it breaks" } else { "What it breaks" };
    screen.line(format!("{BOLD}{title}{BOLD:#} {DIM}{}{DIM:#}", of(change.breaks.len() as u64, "place")));
    for effect in change.breaks.iter().take(shown_max) {
        let Some(place) = &effect.place else { continue };
        let of = effect.dataset.as_deref().unwrap_or_default();
        said(screen, "  ! ", &format!("{}:{}:{} {of}: {}", place.path, place.line, place.column, effect.reason));
    }
    if change.breaks.len() > shown_max {
        screen.line(format!("    {DIM}and {} more; all of them with --json{DIM:#}", change.breaks.len() - shown_max));
    }
}

fn more(screen: &mut Screen, count: usize) {
    if count > SHOWN_MAX {
        screen.line(format!("    {DIM}and {} more{DIM:#}", count - SHOWN_MAX));
    }
}

fn standing(screen: &mut Screen, change: &ChangeReport) {
    screen.line("");
    if change.state.waits() || change.state == ChangeState::Expired {
        said(screen, "  decides  ", &gates::rule(&change.rule));
        if let Some(before) = &change.rule_before {
            said(screen, "  !        ", &format!("when it was asked it was: {}", gates::rule(before)));
        }
    }
    for delegated in &change.standing.delegations {
        said(screen, "  · ", &gates::handed_over(delegated));
    }
    for decision in &change.standing.decisions {
        gates::decided(screen, decision);
    }
    for void in &change.standing.void {
        let word = if void.approved { "approval" } else { "rejection" };
        if void.digest == change.digest {
            said(
                screen,
                &format!("  {WARN}void{WARN:#} "),
                &format!("the {word} by {} was given before it expired", void.who),
            );
            continue;
        }
        let digest = void.digest.get(..12).unwrap_or_default();
        screen.line(format!(
            "  {WARN}void{WARN:#} the {word} by {} was for version {digest}; the change was edited since",
            plain(&void.who)
        ));
    }
    let id = &change.id;
    let sign = if change.signed { " --sign KEY" } else { "" };
    let breaks = match change.breaks.len() {
        0 => String::new(),
        count => format!(" --breaks {count}"),
    };
    undoing(screen, change);
    match change.state {
        ChangeState::Waiting | ChangeState::Archived => {
            for missing in &change.standing.missing {
                said(screen, "  missing  ", missing);
            }
            screen.line("");
            screen.line(format!("  plimsoll change approve {id} --reason \"…\"{breaks}{sign}"));
            screen.line(format!("  plimsoll change reject {id} --reason \"…\"{sign}"));
        }
        ChangeState::Expired => {
            said(screen, "  ", "nobody decided in time, and what was approved is void:");
            screen.line(format!("  plimsoll change propose {id}   asks anew"));
        }
        ChangeState::Approved => screen.line(format!("  plimsoll change apply {id}   puts it in force")),
        ChangeState::Rejected => screen.line("  it stays as it is until it is edited or the decision is taken back"),
        ChangeState::Invalid => screen.line(format!("  plimsoll change validate {id}   tells what is wrong")),
        ChangeState::Applied => {
            screen.line(format!("  plimsoll change rollback {id} --reason \"…\"{breaks}{sign}   undoes it"))
        }
    }
}

/// A sentence, broken at words, its further lines under the first.
fn said(screen: &mut Screen, before: &str, text: &str) {
    let indent = before.chars().count();
    for (index, line) in wrapped(&plain(&one_line(text)), screen.width.saturating_sub(indent)).iter().enumerate() {
        let head = if index == 0 { before.to_owned() } else { " ".repeat(indent) };
        screen.line(format!("{head}{line}"));
    }
}

pub fn change_written(
    screen: &mut Screen,
    report: &ChangeReport,
    raised: &[(String, String, String)],
    files: &[String],
    left: &[Open],
) {
    for file in files {
        screen.line(format!("  {DIM}wrote{DIM:#} {file}"));
    }
    for (file, from, to) in raised {
        screen.line(format!(
            "  {WARN}!{WARN:#} {file} said version {from}; what changed asks for {to}, so it says that now"
        ));
    }
    for open in left {
        let column = open.item.column.as_deref().unwrap_or_default();
        said(
            screen,
            "  ! ",
            &format!("left to you: {} {column} of {}: {}", open.item.kind.word(), open.dataset, open.item.detail),
        );
    }
    screen.line("");
    change(screen, report);
}

pub fn changes_validated(screen: &mut Screen, reports: &[ChangeReport]) {
    if reports.is_empty() {
        return screen.line(format!("{GOOD}✓{GOOD:#} no change is open"));
    }
    for report in reports {
        let count = |level: Level| report.findings.iter().filter(|found| found.level == level).count() as u64;
        let (errors, warnings) = (count(Level::Error), count(Level::Warning));
        let mark = match (errors, warnings) {
            (0, 0) => format!("{GOOD}✓{GOOD:#}"),
            (0, _) => format!("{WARN}!{WARN:#}"),
            _ => format!("{BAD}✗{BAD:#}"),
        };
        let told: Vec<String> = [(errors, "error"), (warnings, "warning")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, noun)| of(count, noun))
            .collect();
        let told = if told.is_empty() { "nothing wrong".to_owned() } else { told.join(", ") };
        screen.line(format!("{mark} {}: {told}", report.id));
    }
}

pub fn change_stood_behind(screen: &mut Screen, report: &ChangeReport, who: &str) {
    let digest = report.digest.get(..12).unwrap_or_default();
    screen.line(format!("{GOOD}✓{GOOD:#} {who} stands behind {} as version {digest}", report.id));
}

pub fn change_decided(screen: &mut Screen, report: &ChangeReport, approved: bool, who: &str) {
    let word = if approved { "approved" } else { "rejected" };
    let digest = report.digest.get(..12).unwrap_or_default();
    screen.line(format!("{GOOD}✓{GOOD:#} {} {word} by {who} as version {digest}", report.id));
    for missing in report.standing.missing.iter().filter(|_| approved) {
        said(screen, "  missing  ", missing);
    }
    if approved && report.state == ChangeState::Rejected {
        let no = report.standing.decisions.iter().filter(|one| !one.approved && one.not_counted.is_none());
        let names: Vec<&str> = no.map(|one| one.who.as_str()).collect();
        said(screen, "  still rejected by ", &names.join(", "));
    }
    if report.state == ChangeState::Approved {
        screen.line(format!("  plimsoll change apply {}   puts it in force", report.id));
    }
}

pub fn change_delegated(screen: &mut Screen, report: &ChangeReport, new: &NewDelegation) {
    let (from, id) = (&new.from, &report.id);
    let until = new.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
    match pipeline::approval::same(from, &new.to) {
        true => screen.line(format!("{GOOD}✓{GOOD:#} {from} decides on {id} again")),
        false => screen.line(format!("{GOOD}✓{GOOD:#} {} decides on {id} for {from}{until}", new.to.trim())),
    }
}

pub fn change_applied(screen: &mut Screen, report: &ChangeReport) {
    match report.state {
        ChangeState::Applied => {
            screen.line(format!("{GOOD}✓{GOOD:#} {} is in force: {}", report.id, steps(report).join(", ")));
            for path in &report.writes {
                screen.line(format!("  {DIM}{path}{DIM:#}"));
            }
            screen.line(format!("  archived as {}", report.path));
        }
        _ => {
            screen.line(format!("{WARN}!{WARN:#} {} is {}: it was not applied", report.id, report.state.word()));
            standing(screen, report);
        }
    }
}

/// Somebody wants it undone, and others have to agree.
pub fn change_to_be_undone(screen: &mut Screen, report: &ChangeReport) {
    screen.line(format!("{WARN}!{WARN:#} {} stays in force: not everybody who must has agreed to undo it", report.id));
    undoing(screen, report);
}

fn undoing(screen: &mut Screen, report: &ChangeReport) {
    let Some(standing) = &report.undoing else { return };
    screen.line("");
    for decision in &standing.decisions {
        let signed = if decision.signed { ", signed" } else { "" };
        let when = moment(decision.time_ms);
        let (who, reason) = (plain(&decision.who), plain(&decision.reason));
        screen.line(format!("  {WARN}undo{WARN:#} wanted by {who} on {when}{signed}: {reason}"));
        if let Some(why) = &decision.not_counted {
            said(screen, "       not counted: ", why);
        }
    }
    for missing in &standing.missing {
        said(screen, "  missing  ", missing);
    }
}

pub fn change_rolled_back(screen: &mut Screen, report: &ChangeReport, tables: &Result<RunReport>) {
    screen.line(format!("{GOOD}✓{GOOD:#} {} is undone: contracts and pins are as they were before", report.id));
    screen.line(format!("  it is open again at {}, and its approvals are void", report.path));
    let tables = match tables {
        Ok(tables) => tables.datasets.as_slice(),
        Err(error) => return said(screen, "  ! ", &format!("tables stay as they are for now: {}", error.message)),
    };
    for table in tables {
        match (table.action.as_str(), table.version, &table.error) {
            ("published", Some(version), _) => {
                screen.line(format!("  {} is {}, now version {version}", table.name, table.reason));
            }
            (_, _, Some(error)) => said(screen, "  ! ", &format!("{}: {}", table.name, error.message)),
            _ => said(screen, "  ! ", &format!("{}: {}", table.name, table.reason)),
        }
    }
}

pub fn adopted(screen: &mut Screen, adopted: &Adopted) {
    for path in &adopted.written {
        screen.line(format!("  {DIM}wrote{DIM:#} {path}"));
    }
    for path in &adopted.pinned {
        screen.line(format!("  {DIM}pinned{DIM:#} {path}"));
    }
    for capability in &adopted.embedded {
        said(
            screen,
            "! ",
            &format!(
                "{capability}: its contract stands inside of spec.md, where it is not read; move it into a file of its own with \
                 `plimsoll change new ID --from FILE --capability {capability}`"
            ),
        );
    }
    screen.line(format!(
        "{GOOD}✓{GOOD:#} {}, {}, {}",
        of(adopted.capabilities as u64, "spec"),
        of(adopted.contracts as u64, "contract"),
        of(adopted.changes.len() as u64, "open change")
    ));
    if !adopted.changes.is_empty() {
        screen.line("  plimsoll change list   shows them");
    }
}
