//! Places where a test may kill or hold up the process: the steps of the route, by name.
//!
//! Only debug builds look; a release build has no such switch.
//!
//! `PLIMSOLL_FAULT` is `<step>`, `<step>:<n>` or `<step>:<n>:<file>`. When the step is reached for the n-th time the process dies
//! by SIGKILL; with a file it makes that file instead and waits until somebody has taken it away.
//!
//! `PLIMSOLL_CLOCK` is by how many milliseconds this process takes the clock to be ahead, or with a minus behind: a machine whose clock
//! was set. `PLIMSOLL_LATER` is how many milliseconds later it is by every clock.

/// One step was reached.
#[cfg(debug_assertions)]
pub async fn step(name: &str) {
    if let Some(fault) = wanted::now(name) {
        match fault {
            None => wanted::die(),
            Some(file) => wanted::wait(&file).await,
        }
    }
}

#[cfg(not(debug_assertions))]
pub async fn step(_name: &str) {}

/// By how much the clock is to be taken for ahead, in milliseconds.
#[cfg(debug_assertions)]
pub fn clock_ahead_ms() -> i64 {
    static AHEAD: std::sync::OnceLock<i64> = std::sync::OnceLock::new();
    *AHEAD.get_or_init(|| number("PLIMSOLL_CLOCK").saturating_add(later_ms()))
}

#[cfg(not(debug_assertions))]
pub fn clock_ahead_ms() -> i64 {
    0
}

/// How much later it is, in milliseconds; the clock is ahead by it, too.
#[cfg(debug_assertions)]
pub fn later_ms() -> i64 {
    static LATER: std::sync::OnceLock<i64> = std::sync::OnceLock::new();
    *LATER.get_or_init(|| number("PLIMSOLL_LATER"))
}

#[cfg(not(debug_assertions))]
pub fn later_ms() -> i64 {
    0
}

#[cfg(debug_assertions)]
fn number(name: &str) -> i64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(debug_assertions)]
mod wanted {
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Poll;
    use std::time::Duration;

    struct Wanted {
        step: String,
        count: u32,
        file: Option<PathBuf>,
    }

    static WANTED: OnceLock<Option<Wanted>> = OnceLock::new();
    static SEEN: AtomicU32 = AtomicU32::new(0);

    fn read() -> Option<Wanted> {
        let text = std::env::var("PLIMSOLL_FAULT").ok()?;
        let mut parts = text.splitn(3, ':');
        let step = parts.next()?.to_owned();
        let count = parts.next().map_or(Ok(1), str::parse).ok()?;
        Some(Wanted { step, count, file: parts.next().map(PathBuf::from) })
    }

    /// What is to happen at this moment, if anything is.
    pub fn now(step: &str) -> Option<Option<PathBuf>> {
        let wanted = WANTED.get_or_init(read).as_ref().filter(|wanted| wanted.step == step)?;
        let seen = SEEN.fetch_add(1, Ordering::SeqCst) + 1;
        (seen == wanted.count).then(|| wanted.file.clone())
    }

    /// As a power cut would: nothing is flushed, nothing is dropped.
    pub fn die() {
        let pid = std::process::id().to_string();
        let _ = std::process::Command::new("kill").args(["-9", &pid]).status();
        std::process::abort();
    }

    /// Gives way again and again, so that whoever stops the work meanwhile can.
    pub async fn wait(file: &Path) {
        let _ = std::fs::write(file, b"");
        std::future::poll_fn(|context| match file.exists() {
            true => {
                std::thread::sleep(Duration::from_millis(5));
                context.waker().wake_by_ref();
                Poll::Pending
            }
            false => Poll::Ready(()),
        })
        .await;
    }
}
