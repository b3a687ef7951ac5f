//! `dlq`.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use engine::{DeadLetter, Error, Kind, Result};

use super::{DONE, FAILED, WAITING, blocking, who};
use crate::args::{Args, DlqVerb};
use crate::progress::{Silent, Watched};
use crate::render::{self, of};
use crate::screen::Screen;
use crate::wiring;

pub fn dlq(args: &Args, screen: &mut Screen, verb: &DlqVerb) -> Result<u8> {
    let app = wiring::app(wiring::workspace(args)?)?;
    match verb {
        DlqVerb::List => {
            let datasets = blocking(app.dead_letter_summaries())?;
            match screen.json {
                true => screen.document(&serde_json::json!({ "datasets": datasets })),
                false => render::dead_letters(screen, &datasets),
            }
            Ok(DONE)
        }
        DlqVerb::Show { dataset, limit } => {
            let (letters, total) = blocking(app.dead_letters_shown(dataset, *limit))?;
            match screen.json {
                true => screen
                    .document(&serde_json::json!({ "name": dataset, "rows_refused": total, "dead_letters": letters })),
                false => render::letters(screen, dataset, &letters, total),
            }
            Ok(DONE)
        }
        DlqVerb::Replay { dataset } => {
            let observer: Arc<dyn app::Observer> = if screen.live { Watched::start() } else { Arc::new(Silent) };
            let report = blocking(async {
                let report = app.replay(dataset, observer).await?;
                app.tell_now().await;
                Ok(report)
            })?;
            match screen.json {
                true => screen.document(&report),
                false => render::replay(screen, &report),
            }
            Ok(match report.stage.action.as_str() {
                "held" => WAITING,
                "failed" => FAILED,
                _ => DONE,
            })
        }
        DlqVerb::Discard { dataset, ids, reason, yes } => discard(&app, screen, dataset, ids, reason, *yes),
        DlqVerb::Export { dataset, output, clear, reason } => {
            let reason = reason.as_deref().filter(|_| *clear);
            if let Some(reason) = reason {
                blocking(app.dead_letters_exported(dataset, &who(None)?, reason))?;
            }
            export(&app, screen, dataset, output, reason.is_some())
        }
    }
}

fn discard(app: &app::App, screen: &mut Screen, dataset: &str, ids: &[String], reason: &str, yes: bool) -> Result<u8> {
    let (_, total) = blocking(app.dead_letters(dataset, 0))?;
    if !yes {
        let what =
            if ids.is_empty() { format!("all {total} dead letters") } else { of(ids.len() as u64, "dead letter") };
        confirm(&format!("Discard {what} of {dataset} for good?"), "discarding dead letters cannot be undone")?;
    }
    let count = blocking(app.discard_dead_letters(dataset, ids, &who(None)?, reason))?;
    match screen.json {
        true => screen.document(&serde_json::json!({ "name": dataset, "discarded": count })),
        false => screen.line(format!("{dataset}: {} discarded", of(count, "dead letter"))),
    }
    Ok(DONE)
}

/// Asks at a terminal; anywhere else the answer must be given beforehand.
pub(super) fn confirm(question: &str, warning: &str) -> Result<()> {
    let unasked = || Error::new(Kind::Input, warning).help("say --yes to do it");
    if !std::io::stdin().is_terminal() {
        return Err(unasked());
    }
    let mut err = std::io::stderr();
    let _ = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes") {
        true => Ok(()),
        false => Err(unasked()),
    }
}

/// Written as they are read: there may be more than fit in memory.
fn export(app: &app::App, screen: &mut Screen, dataset: &str, output: &str, clear: bool) -> Result<u8> {
    let failed = |e: std::io::Error| Error::new(Kind::Refused, format!("cannot write: {e}")).at(output);
    let mut rows = 0_u64;
    if output == "-" {
        blocking(app.each_dead_letter(dataset, clear, &mut |letters| {
            rows += letters.len() as u64;
            screen.text(&lines(&letters));
            Ok(())
        }))?;
        return Ok(DONE);
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(output).map_err(failed)?);
    blocking(app.each_dead_letter(dataset, clear, &mut |letters| {
        rows += letters.len() as u64;
        file.write_all(lines(&letters).as_bytes()).map_err(failed)
    }))?;
    file.flush().map_err(failed)?;
    match screen.json {
        true => screen.document(&serde_json::json!({ "file": output, "rows": rows })),
        false => screen.line(format!("{} written to {output}", of(rows, "dead letter"))),
    }
    Ok(DONE)
}

/// One JSON object a line.
fn lines(letters: &[DeadLetter]) -> String {
    let mut text = String::new();
    for letter in letters {
        let mut value = serde_json::json!(letter);
        value["checks"] = serde_json::from_str(&letter.checks).unwrap_or_default();
        text.push_str(&value.to_string());
        text.push('\n');
    }
    text
}
