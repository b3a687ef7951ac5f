//! `privacy`.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal};
use std::path::Path;

use app::scan::DataRequest;
use app::{ErasureReport, ErasureRequest, ScanRequest};
use engine::{Error, Kind, Result};

use super::{DONE, FAILED, blocking, who};
use crate::args::{Args, PrivacyVerb};
use crate::render;
use crate::screen::Screen;
use crate::wiring;

/// What looking at files may take. Bytes.
const SCAN_MEMORY: usize = 256 << 20;

pub fn privacy(args: &Args, screen: &mut Screen, verb: &PrivacyVerb) -> Result<u8> {
    match verb {
        PrivacyVerb::Classes => {
            let workspace = wiring::workspace(args)?;
            match screen.json {
                true => screen.document(&serde_json::json!({
                    "columns": workspace.privacy.columns, "exempted": workspace.privacy.exempted,
                })),
                false => render::standing(screen, &workspace.privacy),
            }
            Ok(DONE)
        }
        PrivacyVerb::Scan { datasets, data, format, rows, verify } => {
            let report = match data.is_empty() {
                true => {
                    let app = wiring::app(wiring::workspace(args)?)?;
                    let request = ScanRequest { datasets: datasets.clone(), rows: *rows, verify: *verify };
                    blocking(async {
                        let report = app.scan(&request).await?;
                        app.watch_scan(&report).await?;
                        Ok(report)
                    })?
                }
                false => {
                    let (files, tester) = wiring::tester(&BTreeMap::new(), SCAN_MEMORY);
                    let request = DataRequest { paths: data.clone(), format: format.clone(), rows: *rows };
                    blocking(app::scan::data(&request, &tester, files.as_ref()))?
                }
            };
            match screen.json {
                true => screen.document(&report),
                false => render::scanned(screen, &report),
            }
            let clear = report.verified.iter().any(|verified| verified.clear > 0)
                || report.encrypted.iter().any(|table| table.clear > 0);
            Ok(if clear || !report.suspects.is_empty() { FAILED } else { DONE })
        }
        PrivacyVerb::Erase { column, value, reason, who: given, proof, yes } => {
            let app = wiring::app(wiring::workspace(args)?)?;
            if !yes {
                super::dlq::confirm(
                    &format!("Erase the rows of this person wherever {column} leads, with all older versions?"),
                    "an erasure cannot be undone",
                )?;
            }
            let value = match value {
                Some(value) => value.0.clone(),
                None => first_line()?,
            };
            let request =
                ErasureRequest { column: column.clone(), value, who: who(given.as_deref())?, reason: reason.clone() };
            let report = blocking(app.erase(request))?;
            if let Some(path) = proof {
                write(path, &report)?;
            }
            match screen.json {
                true => screen.document(&report),
                false => render::erased(screen, &report),
            }
            Ok(DONE)
        }
    }
}

fn write(path: &Path, report: &ErasureReport) -> Result<()> {
    let text = serde_json::to_string_pretty(report).map_err(|e| Error::new(Kind::Bug, e.to_string()))?;
    std::fs::write(path, text + "\n").map_err(|e| {
        Error::new(Kind::Refused, format!("the proof cannot be written: {e}")).at(path.display().to_string())
    })
}

fn first_line() -> Result<String> {
    let stdin = std::io::stdin();
    let missing = || Error::new(Kind::Input, "whose rows?").help("give the value, or write it to standard input");
    if stdin.is_terminal() {
        return Err(missing());
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).map_err(|_| missing())?;
    let value = line.trim_end_matches(['\r', '\n']).to_owned();
    if value.is_empty() { Err(missing()) } else { Ok(value) }
}
