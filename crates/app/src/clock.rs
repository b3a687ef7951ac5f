//! Whether this machine's clock can be believed: by a wrong one, a question could be made younger or older than it is.

use engine::{Error, Kind, Result};
use pipeline::approval::SKEW_MS;
use pipeline::gate::Uptime;

use crate::now_ms;

/// What others say of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    /// The latest time in the ledger since the question was asked.
    pub newest_ms: i64,
    /// What the clock of the ledger's server says, where it has one.
    pub server_ms: Option<i64>,
}

impl Clock {
    /// Of now, unless the ledger knows of a later time.
    pub fn at(self) -> i64 {
        now_ms().max(self.newest_ms)
    }

    /// An error where this machine's clock was put back, or is not that of the ledger's server.
    pub fn right(self) -> Result<()> {
        self.server_ms.map_or(Ok(()), agrees)?;
        runs_on(self.newest_ms)
    }
}

/// An error where less time has passed since something was asked than the clock says, as far as this machine can tell: whoever may
/// decide only after a while may not because somebody has set the clock ahead. `what` names it in the error; `then` is of the machine
/// that asked.
pub(crate) fn has_passed(what: &str, asked_ms: i64, then: Option<&Uptime>) -> Result<()> {
    let passed = then.and_then(|then| uptime()?.since(then));
    let by_clock = now_ms() - asked_ms;
    match passed.filter(|passed| by_clock > passed + SKEW_MS) {
        None => Ok(()),
        Some(passed) => Err(Error::new(
            Kind::Refused,
            format!(
                "the clock of this machine was set ahead: by it {what} has been open for {} minutes, and the machine has been up for \
                 {} of them",
                by_clock / 60_000,
                passed / 60_000
            ),
        )
        .help("set the clock right; until enough time has passed, ask one of those who may decide at any time")),
    }
}

/// What time it is at least, by this machine's clock or by how long it has been up since something was asked on it: whoever puts the
/// clock back makes nothing younger. `then` is of the machine that asked.
pub(crate) fn later(asked_ms: i64, then: Option<&Uptime>) -> i64 {
    let now = now_ms();
    let by_uptime = then.and_then(|then| uptime()?.since(then)).map(|passed| asked_ms.saturating_add(passed));
    by_uptime.filter(|by_uptime| *by_uptime > now + SKEW_MS).unwrap_or(now)
}

/// How long this machine has been up: a second clock that setting the first one does not move. Linux only; nothing where a container
/// shows an uptime of its own making.
pub(crate) fn uptime() -> Option<Uptime> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    if read("/proc/self/mountinfo").is_none_or(|mounts| mounts.contains(" /proc/uptime ")) {
        return None;
    }
    let boot = read("/proc/sys/kernel/random/boot_id")?;
    let namespace = std::fs::read_link("/proc/self/ns/time").ok()?;
    let seconds: f64 = read("/proc/uptime")?.split_whitespace().next()?.parse().ok()?;
    let ms = (seconds * 1000.0) as i64 + engine::fault::later_ms();
    Some(Uptime { boot: format!("{} {}", boot.trim(), namespace.display()), ms })
}

/// An error where the clock of this machine is not that of the ledger's server.
pub(crate) fn agrees(server_ms: i64) -> Result<()> {
    let now = now_ms();
    if (server_ms - now).abs() <= SKEW_MS {
        return Ok(());
    }
    Err(Error::new(
        Kind::Refused,
        format!(
            "the clock of this machine says {}, and that of the ledger's server {}",
            moment(now),
            moment(server_ms)
        ),
    )
    .help("set the clock right: no gate is decided by one that is wrong"))
}

/// An error where this machine's clock is behind what the ledger has seen.
pub(crate) fn runs_on(latest_ms: i64) -> Result<()> {
    let now = now_ms();
    if now + SKEW_MS >= latest_ms {
        return Ok(());
    }
    Err(Error::new(
        Kind::Refused,
        format!(
            "the clock of this machine says {}, and the ledger has an event of {}: no gate is opened or decided by a clock that \
             runs back",
            moment(now),
            moment(latest_ms)
        ),
    )
    .help("set the clock right; if it was that event's clock that was wrong: plimsoll ledger settle-clock --reason \"…\""))
}

fn moment(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms)
        .map(|time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string())
        .unwrap_or_default()
}
