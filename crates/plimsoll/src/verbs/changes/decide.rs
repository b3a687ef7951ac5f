//! `change approve`, `reject` and `delegate`, also by the way of `gate`: nobody approves what they were not shown.

use std::io::{BufRead, IsTerminal};

use app::App;
use app::changes::{ChangeReport, NewDecision, unseen};
use app::gates::NewDelegation;
use engine::{Error, Kind, Result};

use crate::render;
use crate::screen::Screen;
use crate::verbs::{DONE, FAILED, blocking};

/// `breaks`: how many places the approver says that the change breaks.
pub fn decide(
    app: &App,
    screen: &mut Screen,
    id: &str,
    mut decision: NewDecision,
    breaks: Option<usize>,
) -> Result<u8> {
    if decision.approved && !decision.reason.trim().is_empty() {
        let report = blocking(app.decidable(id, &decision))?;
        if !acknowledged(screen, &report, breaks)? {
            return Ok(FAILED);
        }
        decision.shown = Some(report.breaks_fingerprint);
    }
    let report = blocking(app.decide_change(id, &decision))?;
    match screen.json {
        true => screen.document(&report),
        false => render::change_decided(screen, &report, decision.approved, &decision.who),
    }
    Ok(DONE)
}

/// Whether the approver has seen what the change breaks: they say how many places it is, or answer at the terminal.
fn acknowledged(screen: &mut Screen, report: &ChangeReport, breaks: Option<usize>) -> Result<bool> {
    let count = report.breaks.len();
    if let Some(said) = breaks.filter(|said| *said != count) {
        let message = format!("change `{}` breaks {count} places, not the {said} that you looked at", report.id);
        return refused(
            screen,
            report,
            Error::new(Kind::Refused, message)
                .at(report.path.clone())
                .help(format!("look at it again with `plimsoll change show {}`", report.id)),
        );
    }
    if count == 0 || (screen.json && breaks.is_some()) {
        return Ok(true);
    }
    if !screen.json {
        render::change_breaks(screen, report);
    }
    if breaks.is_some() {
        return Ok(true);
    }
    if screen.json || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return refused(screen, report, unseen(&report.id, count).at(report.path.clone()));
    }
    screen.line("");
    screen.line("Approve it all the same? Type yes to go on:");
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    let is_agreed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !is_agreed {
        screen.line("nothing was decided");
    }
    Ok(is_agreed)
}

/// As JSON, with what was not shown.
fn refused(screen: &mut Screen, report: &ChangeReport, error: Error) -> Result<bool> {
    if !screen.json {
        return Err(error);
    }
    screen.document(&serde_json::json!({
        "error": {
            "code": "refused",
            "message": error.message,
            "where": { "path": error.place, "line": null, "column": null },
            "help": error.help,
        },
        "breaks": report.breaks,
    }));
    Ok(false)
}

pub fn delegate(app: &App, screen: &mut Screen, id: &str, new: &NewDelegation) -> Result<u8> {
    let report = blocking(app.delegate_change(id, new))?;
    match screen.json {
        true => screen.document(&report),
        false => render::change_delegated(screen, &report, new),
    }
    Ok(DONE)
}
