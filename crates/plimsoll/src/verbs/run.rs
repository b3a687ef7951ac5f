//! `run` and `plan`.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use app::impact::Reader;
use app::{Observer, RunRequest};
use engine::Result;
use tokio::sync::watch;

use super::{DONE, FAILED, WAITING, blocking};
use crate::args::Args;
use crate::progress::{Silent, Watched};
use crate::render;
use crate::screen::Screen;
use crate::wiring;

pub fn run(args: &Args, screen: &mut Screen, pipelines: &[String], wait: Option<u64>) -> Result<u8> {
    let workspace = wiring::vouched(args)?;
    if let Some(code) = super::project::refuse(&workspace, screen) {
        return Ok(code);
    }
    let app = wiring::app(workspace)?;
    let observer: Arc<dyn Observer> = if screen.live { Watched::start() } else { Arc::new(Silent) };
    // Nobody has to have a name to start a run; whoever has one is noted.
    let who = super::who(std::env::var("PLIMSOLL_USER").ok().as_deref()).ok();
    let request =
        RunRequest { pipelines: pipelines.to_vec(), who, wait: wait.map(Duration::from_secs), restores: false };
    let report = blocking(async {
        let stopped = on_interrupt();
        app.run(request, observer, stopped).await
    })?;
    if screen.json {
        screen.document(&report);
    } else {
        render::run(screen, &app.workspace.project.settings.name, &report);
        render::drift_that_stands(screen, &report.drift);
        render::ahead(screen, report.ahead.as_ref());
    }
    Ok(match report.outcome.as_str() {
        "failed" | "cancelled" => FAILED,
        "waiting" => WAITING,
        _ => DONE,
    })
}

/// Turns true when the user wants to end the run, and says that this was heard. The first interrupt is caught from here on, not only
/// when some thread gets to it: a run that just began is not torn away.
fn on_interrupt() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    let mut first = Box::pin(tokio::signal::ctrl_c());
    let heard = first.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    tokio::spawn(async move {
        let heard = match heard {
            Poll::Ready(heard) => heard,
            Poll::Pending => first.await,
        };
        if heard.is_ok() {
            let _ = stop.send(true);
            let mut err = anstream::stderr();
            let _ = writeln!(err, "stopping: what is being published is brought to its end; once more ends at once");
        }
        // A second one ends at once; what is unfinished is repaired by the next run.
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    stopped
}

pub fn plan(args: &Args, screen: &mut Screen) -> Result<u8> {
    let workspace = wiring::vouched(args)?;
    if let Some(code) = super::project::refuse(&workspace, screen) {
        return Ok(code);
    }
    let app = wiring::app(workspace)?;
    let ((world, plan), previous) = blocking(async {
        let (world, plan) = app.plan().await?;
        app.attest(&plan).await?;
        Ok(((world, plan), app.previous().await?))
    })?;
    let migrated = plan.stages.iter().filter_map(|stage| Some((&stage.dataset, stage.migration.as_ref()?)));
    let mut readers: BTreeMap<String, Vec<Reader>> = migrated
        .map(|(dataset, migration)| (dataset.clone(), app::impact::readers(&app.workspace, dataset, migration)))
        .collect();
    if screen.json {
        let datasets = app::planned(&plan);
        let asks = |dataset: &str| -> Vec<&str> {
            let of = plan.stages.iter().filter(|stage| stage.dataset == dataset);
            of.flat_map(|stage| &stage.asks).map(|ask| ask.text.as_str()).collect()
        };
        let migrations = plan.summary().into_iter().filter_map(|stage| {
            let migration = stage.migration?;
            let (asks, readers) = (asks(&stage.dataset), readers.remove(&stage.dataset).unwrap_or_default());
            Some(serde_json::json!({
                "dataset": stage.dataset, "migration": migration, "asks": asks, "readers": readers,
            }))
        });
        screen.document(&serde_json::json!({
            "datasets": datasets,
            "stages": plan.stages,
            "migrations": migrations.collect::<Vec<_>>(),
            "previous": previous,
            "repaired": world.repaired,
        }));
    } else {
        render::plan(screen, &app.workspace.project.settings.name, &plan, &readers);
        render::previous(screen, &previous);
    }
    Ok(DONE)
}
