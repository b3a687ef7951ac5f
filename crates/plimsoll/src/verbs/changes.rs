//! `change`.

pub mod decide;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use app::changes::{ChangeReport, ChangeState, NewDecision, NewFile, NewRollback, ProposeRequest, Written};
use app::{App, RunReport, RunRequest, StageReport};
use engine::{Error, Kind, Result};

use super::gates::delegated;
use super::{BAD_INPUT, DONE, FAILED, WAITING, blocking, who};
use crate::args::{Args, ChangeVerb, NewChange};
use crate::progress::Silent;
use crate::render;
use crate::screen::Screen;
use crate::wiring;

pub fn change(args: &Args, screen: &mut Screen, verb: &ChangeVerb) -> Result<u8> {
    let app = wiring::app(wiring::vouched(args)?)?;
    match verb {
        ChangeVerb::New(new) => write(&app, screen, new),
        ChangeVerb::List { all } => {
            let changes = blocking(async {
                app.watch_open_changes().await?;
                app.changes(*all).await
            })?;
            match screen.json {
                true => screen.document(&serde_json::json!({ "changes": changes })),
                false => render::changes(screen, &changes),
            }
            Ok(DONE)
        }
        ChangeVerb::Show { id } => {
            let report = blocking(app.change(id))?;
            show(&app, screen, &report);
            Ok(DONE)
        }
        ChangeVerb::Validate { ids } => validate(&app, screen, ids),
        ChangeVerb::Propose { id, sign, who: given } => {
            let who = who(given.as_deref())?;
            let report = blocking(app.stand_behind(id, &who, sign.as_deref()))?;
            match screen.json {
                true => screen.document(&report),
                false => render::change_stood_behind(screen, &report, &who),
            }
            Ok(DONE)
        }
        ChangeVerb::Approve { id, reason, digest, breaks, sign, who: given } => {
            let decision = NewDecision {
                approved: true,
                who: who(given.as_deref())?,
                reason: reason.clone(),
                digest: digest.clone(),
                shown: None,
                key: sign.clone(),
            };
            decide::decide(&app, screen, id, decision, *breaks)
        }
        ChangeVerb::Reject { id, reason, sign, who: given } => {
            let (who, key) = (who(given.as_deref())?, sign.clone());
            let decision = NewDecision { who, key, reason: reason.clone(), ..NewDecision::default() };
            decide::decide(&app, screen, id, decision, None)
        }
        ChangeVerb::Delegate { delegation } => decide::delegate(&app, screen, &delegation.id, &delegated(delegation)?),
        ChangeVerb::Apply { id, who: given } => {
            let report = blocking(app.apply_change(id, &who(given.as_deref())?))?;
            applied(&app, screen, &report)
        }
        ChangeVerb::Rollback { id, reason, breaks, sign, who: given } => {
            let who = who(given.as_deref())?;
            let new = NewRollback { who, reason: reason.clone(), key: sign.clone(), breaks: *breaks };
            let report = blocking(app.roll_back_change(id, &new))?;
            if report.state == ChangeState::Applied {
                match screen.json {
                    true => screen.document(&report),
                    false => render::change_to_be_undone(screen, &report),
                }
                return Ok(WAITING);
            }
            drop(app);
            let tables = blocking(tables_taken_back(args));
            let is_failed = tables.as_ref().is_ok_and(|tables| tables.outcome == "failed");
            match screen.json {
                true => screen.document(&RolledBack {
                    report: &report,
                    tables: tables.as_ref().map(|tables| tables.datasets.as_slice()).unwrap_or_default(),
                }),
                false => render::change_rolled_back(screen, &report, &tables),
            }
            // The contracts are as they were all the same; the next run that can goes on with the tables.
            Ok(if is_failed { FAILED } else { DONE })
        }
    }
}

#[derive(serde::Serialize)]
struct RolledBack<'a> {
    #[serde(flatten)]
    report: &'a ChangeReport,
    tables: &'a [StageReport],
}

/// The tables as they were before the change, under the contracts that are in force again.
async fn tables_taken_back(args: &Args) -> Result<RunReport> {
    let app = wiring::app(wiring::vouched(args)?)?;
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let request = RunRequest { restores: true, ..RunRequest::default() };
    app.run(request, Arc::new(Silent), stopped).await
}

fn write(app: &Arc<App>, screen: &mut Screen, new: &NewChange) -> Result<u8> {
    let mut from = new.from.iter().map(|path| file(path)).collect::<Result<Vec<_>>>()?;
    let mut why = new.why.clone();
    let mut left = Vec::new();
    if !new.from_drift.is_empty() {
        let fitted = blocking(app.fit_drift(&new.from_drift))?;
        why = why.or(Some(fitted.why));
        left = fitted.left;
        from = fitted.files;
    }
    let texts: BTreeMap<String, String> = from.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
    let request = ProposeRequest {
        id: new.id.clone(),
        author: who(new.who.as_deref())?,
        key: new.sign.clone(),
        from,
        capability: new.capability.clone(),
        why,
        replace: new.replace,
    };
    match blocking(app.propose(&request))? {
        Written::Refused(found) => {
            match (screen.json, found.first()) {
                (true, Some(first)) => screen.document(&serde_json::json!({
                    "error": {
                        "code": first.code,
                        "message": first.message,
                        "where": { "path": first.path, "line": first.span.line, "column": first.span.column },
                        "help": first.help,
                    },
                    "diagnostics": found,
                })),
                _ => render::diagnostics(screen, &found, &texts),
            }
            Ok(BAD_INPUT)
        }
        Written::Done { report, raised, files } => {
            match screen.json {
                true => screen.document(&serde_json::json!({ "change": report, "files": files, "left": left })),
                false => render::change_written(screen, &report, &raised, &files, &left),
            }
            Ok(DONE)
        }
    }
}

fn file(path: &Path) -> Result<NewFile> {
    let place = path.display().to_string();
    let bytes = std::fs::read(path)
        .map_err(|e| Error::new(Kind::Input, format!("cannot read the contract: {e}")).at(place.clone()))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::new(Kind::Input, "the contract is not UTF-8 text").at(place.clone()).help("save it as UTF-8")
    })?;
    Ok(NewFile { path: place, text })
}

fn show(app: &App, screen: &mut Screen, report: &ChangeReport) {
    match screen.json {
        true => screen.document(report),
        false => {
            findings(app, screen, report);
            render::change(screen, report);
        }
    }
}

/// With the lines that they are about.
fn findings(app: &App, screen: &mut Screen, report: &ChangeReport) {
    let mut texts = BTreeMap::new();
    for found in &report.findings {
        if let Ok(text) = std::fs::read_to_string(app.workspace.root.join(&found.path)) {
            texts.insert(found.path.clone(), text);
        }
    }
    render::diagnostics(screen, &report.findings, &texts);
}

fn validate(app: &App, screen: &mut Screen, ids: &[String]) -> Result<u8> {
    let reports = match ids.is_empty() {
        true => blocking(app.changes(false))?,
        false => ids.iter().map(|id| blocking(app.change(id))).collect::<Result<Vec<_>>>()?,
    };
    let is_valid = |report: &ChangeReport| !report.findings.iter().any(contract::Diagnostic::is_error);
    if screen.json {
        let items: Vec<serde_json::Value> = reports
            .iter()
            .map(|report| {
                serde_json::json!({
                    "id": report.id, "valid": is_valid(report), "digest": report.digest, "diagnostics": report.findings,
                })
            })
            .collect();
        screen.document(&serde_json::json!({ "valid": reports.iter().all(is_valid), "changes": items }));
    } else {
        for report in &reports {
            findings(app, screen, report);
        }
        render::changes_validated(screen, &reports);
    }
    Ok(if reports.iter().all(is_valid) { DONE } else { FAILED })
}

fn applied(app: &App, screen: &mut Screen, report: &ChangeReport) -> Result<u8> {
    if screen.json {
        screen.document(report);
    } else {
        if report.state == ChangeState::Invalid {
            findings(app, screen, report);
        }
        render::change_applied(screen, report);
    }
    Ok(match report.state {
        ChangeState::Applied => DONE,
        ChangeState::Invalid | ChangeState::Rejected | ChangeState::Expired => FAILED,
        ChangeState::Waiting | ChangeState::Approved | ChangeState::Archived => WAITING,
    })
}
