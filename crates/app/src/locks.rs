//! The locks of the pipelines that a verb works on: nobody else plans, publishes or cleans up in them meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::Result;
use ledger::RunLock;

use crate::{App, blocking};

/// Held until [`Locks::release`], or until the process ends.
#[derive(Clone)]
pub(crate) struct Locks(Arc<Mutex<Vec<RunLock>>>);

impl App {
    /// Locks all of `pipelines` for `run`, waiting at most `wait` for each; not at all with `None`.
    pub(crate) async fn lock(&self, pipelines: &[String], run: &str, wait: Option<Duration>) -> Result<Locks> {
        let (pipelines, run) = (pipelines.to_vec(), run.to_owned());
        let locks = self.ledger(move |ledger| {
            let location = ledger.location().clone();
            pipelines
                .iter()
                .map(|pipeline| RunLock::acquire(&location, pipeline, &run, wait))
                .collect::<Result<Vec<_>>>()
        });
        Ok(Locks(Arc::new(Mutex::new(locks.await?))))
    }
}

impl Locks {
    /// To be asked right before anything is published: a lock that was lost may be held by another run, which takes away what it
    /// finds unpublished.
    pub async fn check(&self) -> Result<()> {
        let locks = self.0.clone();
        blocking(move || locks.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().try_for_each(RunLock::check))
            .await
    }

    /// A shared ledger's connection must not be closed on an async thread.
    pub async fn release(self) -> Result<()> {
        blocking(move || {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
            Ok(())
        })
        .await
    }
}
