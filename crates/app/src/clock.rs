//! Whether this machine's clock can be believed: by a wrong one, a question could be made younger or older than it is.

use engine::{Error, Kind, Result};
use pipeline::approval::SKEW_MS;

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
