//! `ledger`: for those who must be able to trust it.

use std::io::Write;

use app::App;
use app::audit::LedgerReport;
use app::gates::NewSettlement;
use contract::text::wrapped;
use engine::{Error, Kind, Result};
use serde_json::json;

use super::{DONE, FAILED, blocking, who};
use crate::args::{Args, LedgerVerb};
use crate::render::{self, of};
use crate::screen::{BAD, DIM, GOOD, Screen};
use crate::wiring;

pub fn ledger(args: &Args, screen: &mut Screen, verb: &LedgerVerb) -> Result<u8> {
    let app = wiring::app(wiring::workspace(args)?)?;
    match verb {
        LedgerVerb::Verify { noted } => verify(&app, screen, noted.clone()),
        LedgerVerb::Export { output } => {
            let events = match output {
                Some(path) => {
                    let failed = |e: std::io::Error| {
                        Error::new(Kind::Refused, format!("cannot write: {e}")).at(path.display().to_string())
                    };
                    let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(failed)?);
                    let events = export(&app, &mut file)?;
                    file.flush().map_err(failed)?;
                    events
                }
                None => return export(&app, &mut std::io::stdout().lock()).map(|_| DONE),
            };
            match screen.json {
                true => screen.document(&json!({ "events": events })),
                false => screen.line(format!("{GOOD}✓{GOOD:#} {} written", of(events, "event"))),
            }
            Ok(DONE)
        }
        LedgerVerb::Rebuild => {
            let events = blocking(app.rebuild_ledger())?;
            match screen.json {
                true => screen.document(&json!({ "events": events })),
                false => screen.line(format!("{GOOD}✓{GOOD:#} all folds made anew from {}", of(events, "event"))),
            }
            Ok(DONE)
        }
        LedgerVerb::SettleClock { reason, who: given, sign } => {
            let new = NewSettlement { who: who(given.as_deref())?, reason: reason.clone(), key: sign.clone() };
            let settled = blocking(app.settle_clock(&new))?;
            match screen.json {
                true => screen.document(&settled),
                false => render::settled(screen, &settled, &new.who),
            }
            Ok(DONE)
        }
    }
}

fn verify(app: &App, screen: &mut Screen, noted: Option<String>) -> Result<u8> {
    let report = blocking(app.verify_ledger(noted))?;
    if screen.json {
        let mut document = json!(report.ledger);
        document["whole"] = json!(report.is_trusted());
        if let Some(noted) = report.noted {
            document["noted_seq"] = json!(noted);
        }
        if let Some(ahead) = report.ahead {
            document["ahead"] = json!(ahead);
        }
        screen.document(&document);
    } else {
        told(screen, &report);
        render::ahead(screen, report.ahead.as_ref());
    }
    Ok(if report.is_trusted() { DONE } else { FAILED })
}

fn told(screen: &mut Screen, report: &LedgerReport) {
    let ledger = &report.ledger;
    match &ledger.fault {
        Some(fault) => {
            screen.line(format!("{BAD}✗{BAD:#} event {}: {}", fault.seq, fault.what));
            screen.line(format!("  {DIM}{} before it are as they were appended{DIM:#}", of(ledger.events, "event")));
        }
        None => screen.line(format!("{GOOD}✓{GOOD:#} {} as they were appended", of(ledger.events, "event"))),
    }
    if !ledger.folds_changed.is_empty() {
        let folds = ledger.folds_changed.join(", ");
        screen.line(format!("{BAD}✗{BAD:#} what is folded from them was changed: {folds}"));
    }
    match report.noted {
        Some(Some(seq)) => screen.line(format!("{GOOD}✓{GOOD:#} the hash that was noted is that of event {seq}")),
        Some(None) => {
            screen.line(format!("{BAD}✗{BAD:#} no event has the hash that was noted: the chain is another one"))
        }
        None => {}
    }
    let help = match (report.is_trusted(), &ledger.fault) {
        (true, _) => format!(
            "head {}: noted elsewhere, it proves later that nothing up to here was changed (--noted)",
            ledger.head
        ),
        (false, None) if report.noted != Some(None) => {
            "`plimsoll ledger rebuild` makes them anew from the events".to_owned()
        }
        _ => "restore the ledger from a backup".to_owned(),
    };
    for line in wrapped(&help, screen.width.saturating_sub(4)) {
        screen.line(format!("  {DIM}{line}{DIM:#}"));
    }
}

/// One JSON object a line.
fn export(app: &App, to: &mut dyn Write) -> Result<u64> {
    let mut events = 0;
    blocking(app.each_event(|event| {
        let line = serde_json::to_string(event)
            .map_err(|e| Error::new(Kind::Bug, format!("event {} cannot be written: {e}", event.seq)))?;
        match writeln!(to, "{line}") {
            Ok(()) => {
                events += 1;
                Ok(())
            }
            Err(e) => Err(Error::new(Kind::Refused, format!("cannot write event {}: {e}", event.seq))),
        }
    }))?;
    Ok(events)
}
