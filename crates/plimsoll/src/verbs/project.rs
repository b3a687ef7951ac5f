//! `check`, `status` and `runs`.

use app::Workspace;
use contract::Level;
use engine::Result;

use super::{BAD_INPUT, DONE, blocking};
use crate::args::{Args, RunsVerb};
use crate::render;
use crate::screen::Screen;
use crate::wiring;

pub fn check(args: &Args, screen: &mut Screen) -> Result<u8> {
    let workspace = wiring::looked_at(args)?;
    let errors = workspace.diagnostics.iter().filter(|found| found.level == Level::Error).count();
    let coverage = &app::lineage::project(&workspace).coverage;
    if screen.json {
        screen.document(&serde_json::json!({
            "valid": errors == 0,
            "datasets": workspace.project.datasets.len(),
            "diagnostics": workspace.diagnostics,
            "lineage": coverage,
            "privacy": { "columns": workspace.privacy.columns, "exempted": workspace.privacy.exempted },
        }));
    } else {
        // What is merely worth knowing about a contract is told by `contract lint --notes`.
        let told = workspace.diagnostics.iter().filter(|found| found.level != Level::Info).cloned().collect::<Vec<_>>();
        render::diagnostics(screen, &told, &workspace.texts);
        render::checked(screen, workspace.project.datasets.len(), &workspace.diagnostics);
        render::covered(screen, coverage);
        render::classes(screen, &workspace.privacy);
    }
    Ok(if errors == 0 { DONE } else { BAD_INPUT })
}

/// Shows what is wrong with a project on which nothing may run.
pub fn refuse(workspace: &Workspace, screen: &mut Screen) -> Option<u8> {
    let errors: Vec<contract::Diagnostic> =
        workspace.diagnostics.iter().filter(|found| found.level == Level::Error).cloned().collect();
    if errors.is_empty() {
        return None;
    }
    if screen.json {
        let first = &errors[0];
        screen.document(&serde_json::json!({
            "error": {
                "code": first.code,
                "message": first.message,
                "where": { "path": first.path, "line": first.span.line, "column": first.span.column },
                "help": first.help,
            },
            "diagnostics": errors,
        }));
    } else {
        render::diagnostics(screen, &errors, &workspace.texts);
        render::checked(screen, workspace.project.datasets.len(), &errors);
    }
    Some(BAD_INPUT)
}

pub fn status(args: &Args, screen: &mut Screen) -> Result<u8> {
    let app = wiring::app(wiring::vouched(args)?)?;
    let (told, publications, (world, plan), previous) = blocking(async {
        let publications = app.ledger(|ledger| ledger.publications()).await?;
        // Where somebody has changed the ledger no gate is judged; what is published is told all the same.
        let gates = app.watch_gates().await;
        app.watch_open_changes().await?;
        let planned = app.plan_knowing(gates.as_deref().ok()).await?;
        let told = match gates {
            Ok(gates) => app.watch(&gates, Some(&publications)).await,
            Err(error) => Err(error),
        };
        Ok((told, publications, planned, app.previous().await?))
    })?;
    let rows = render::status_rows(&world.state, &plan, &publications, &app.workspace.project.schedules);
    let (ahead, changes) = blocking(async { Ok((app.ahead(false).await?, app.changes(false).await?)) })?;
    let (told, drift) = match told {
        Ok(watched) => (Ok(watched.triggers), watched.drift),
        Err(error) => (Err(error), blocking(app.open_drift())?),
    };
    if screen.json {
        let open: Vec<serde_json::Value> = changes
            .iter()
            .map(|change| serde_json::json!({ "id": change.id, "state": change.state, "breaking": change.breaking }))
            .collect();
        let mut document = serde_json::json!({
            "datasets": rows, "previous": previous, "drift": drift, "ahead": ahead, "changes": open,
        });
        match &told {
            Ok(triggers) => document["triggers"] = serde_json::json!(triggers),
            Err(error) => document["not_judged"] = error.message.clone().into(),
        }
        screen.document(&document);
    } else {
        let project = &app.workspace.project;
        render::status(screen, &project.settings.name, &rows, &project.schedules);
        render::previous(screen, &previous);
        render::drift_that_stands(screen, &drift);
        render::changes_that_wait(screen, &changes);
        match &told {
            Ok(triggers) => render::triggers(screen, triggers),
            Err(error) => screen.error(error),
        }
        render::ahead(screen, ahead.as_ref());
    }
    Ok(DONE)
}

pub fn runs(args: &Args, screen: &mut Screen, verb: Option<&RunsVerb>, limit: u32) -> Result<u8> {
    let app = wiring::app(wiring::workspace(args)?)?;
    match verb {
        None => {
            let runs = blocking(app.ledger(move |ledger| ledger.runs(limit)))?;
            match screen.json {
                true => screen.document(&serde_json::json!({ "runs": runs })),
                false => render::runs(screen, &runs),
            }
        }
        Some(RunsVerb::Show { id }) => {
            let id = id.clone();
            let (run, events) = blocking(app.ledger(move |ledger| ledger.run(&id)))?;
            match screen.json {
                true => screen.document(&serde_json::json!({ "run": run, "events": events })),
                false => render::run_events(screen, &run, &events),
            }
        }
    }
    Ok(DONE)
}
