//! A run that somebody watches: one line per running stage, gone when it has ended.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::{Observer, StageReport};
use engine::{Error, Progress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// How often the counters are looked at.
const TICK: Duration = Duration::from_millis(100);

/// The line of each running stage, by dataset.
type Running = BTreeMap<String, (ProgressBar, Arc<Progress>)>;

/// Draws on standard error; without a terminal it is silent.
pub struct Watched {
    bars: MultiProgress,
    running: Arc<Mutex<Running>>,
}

/// Says nothing.
pub struct Silent;

impl Observer for Silent {}

impl Watched {
    pub fn start() -> Arc<Self> {
        let watched = Arc::new(Self { bars: MultiProgress::new(), running: Arc::default() });
        let running = Arc::downgrade(&watched.running);
        std::thread::spawn(move || {
            while let Some(running) = running.upgrade() {
                for (bar, progress) in running.lock().unwrap_or_else(PoisonError::into_inner).values() {
                    show(bar, progress);
                }
                drop(running);
                std::thread::sleep(TICK);
            }
        });
        watched
    }
}

fn show(bar: &ProgressBar, progress: &Progress) {
    let rows = progress.rows.load(Ordering::Relaxed);
    let total = progress.bytes_total.load(Ordering::Relaxed);
    bar.set_length(total.max(1));
    bar.set_position(progress.bytes_read.load(Ordering::Relaxed).min(total.max(1)));
    let seconds = bar.elapsed().as_secs_f64().max(0.001);
    bar.set_message(format!("{rows} rows, {:.0} rows/s", rows as f64 / seconds));
}

impl Observer for Watched {
    fn started(&self, dataset: &str, progress: Arc<Progress>) {
        let bar = self.bars.add(ProgressBar::new(1));
        let style = ProgressStyle::with_template("  {prefix:20!} {bar:24} {bytes:>10}/{total_bytes:10} {msg} {eta:>4}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("━━─"));
        }
        bar.set_prefix(dataset.to_owned());
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(dataset.to_owned(), (bar, progress));
    }

    fn ended(&self, stage: &StageReport) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((bar, _)) = running.remove(&stage.name) {
            bar.finish_and_clear();
        }
    }

    fn retrying(&self, dataset: &str, error: &Error, wait: Duration) {
        let _ = self.bars.println(format!("  {dataset}: {error}; trying again in {:.1} s", wait.as_secs_f64()));
    }
}
