//! The run lock: one run of a pipeline at a time, over all processes that share the ledger.
//!
//! With a SQLite ledger it is an operating-system lock on `locks/<pipeline>.lock` beside the ledger's file; with PostgreSQL it is an
//! advisory lock of a connection of its own. Both end with the process, however it ends, so a lock is never left behind.
//! The lock's file holds one JSON object `{"pid","run"}` for the message to whoever comes second; it is not the lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use engine::{Error, Kind, Result};
use postgres::{Client, Config};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::backend::{connect, told};
use crate::location::Location;

/// How often a waiting run looks whether a file lock was let go.
const POLL: Duration = Duration::from_millis(50);

/// PostgreSQL's error code when `lock_timeout` has passed.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Who holds a lock, as it tells others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    run: String,
}

/// Held until it is dropped.
pub struct RunLock {
    held: Held,
    pipeline: String,
}

enum Held {
    File(File),
    Session(Box<Client>),
}

impl RunLock {
    /// Takes the lock of `pipeline` for `run`. When another run holds it, waits at most `wait` (not at all with `None`) and then
    /// fails with `Kind::Conflict`, naming who holds it.
    pub fn acquire(location: &Location, pipeline: &str, run: &str, wait: Option<Duration>) -> Result<Self> {
        let holder = Holder { pid: std::process::id(), run: run.to_owned() };
        let held = match location {
            Location::Sqlite(path) => Held::File(lock_file(path, pipeline, &holder, wait.unwrap_or_default())?),
            Location::Postgres(config) => Held::Session(Box::new(lock_session(
                config,
                &location.to_string(),
                pipeline,
                &holder,
                wait.unwrap_or_default(),
            )?)),
        };
        Ok(Self { held, pipeline: pipeline.to_owned() })
    }

    /// Whether the lock is still held: a connection can break. To be asked before anything is published.
    pub fn check(&mut self) -> Result<()> {
        let Held::Session(client) = &mut self.held else { return Ok(()) };
        client.is_valid(Duration::from_secs(10)).map_err(|error| {
            Error::new(
                Kind::Conflict,
                format!("the run lock of pipeline `{}` was lost with its connection", self.pipeline),
            )
            .help("start the run again; what is published stays and is not done twice")
            .because(error)
        })
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        if let Held::File(file) = &mut self.held {
            // So that no message names a run that has ended; the lock itself goes with the file handle.
            let _ = file.set_len(0);
        }
    }
}

fn lock_file(ledger: &Path, pipeline: &str, holder: &Holder, wait: Duration) -> Result<File> {
    let folder = ledger.parent().unwrap_or(Path::new("")).join("locks");
    let path = folder.join(format!("{}.lock", file_name(pipeline)));
    let refused = |error: std::io::Error| {
        Error::new(Kind::Refused, format!("the run lock cannot be taken: {error}"))
            .at(path.display().to_string())
            .help("check who may write there")
            .because(error)
    };
    std::fs::create_dir_all(&folder).map_err(refused)?;
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(refused)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(refused(error)),
            Err(TryLockError::WouldBlock) if started.elapsed() >= wait => {
                return Err(taken(pipeline, told_holder(&mut file).as_ref()).at(path.display().to_string()));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(POLL.min(wait)),
        }
    }
    let text = serde_json::to_string(holder).unwrap_or_default();
    file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes())).map_err(refused)?;
    Ok(file)
}

/// What the holder wrote; nothing when it is just about to.
fn told_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// A pipeline's name as a file name on every system, different for different names.
fn file_name(pipeline: &str) -> String {
    let mut name = String::new();
    for byte in pipeline.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => name.push(char::from(byte)),
            other => name.push_str(&format!("%{other:02x}")),
        }
    }
    name
}

fn lock_session(config: &Config, place: &str, pipeline: &str, holder: &Holder, wait: Duration) -> Result<Client> {
    let key = advisory_key(pipeline);
    let mut config = config.clone();
    // Shown to others by `pg_stat_activity`, which cuts it after 63 bytes.
    config.application_name(&format!("plimsoll {} {}", holder.pid, holder.run));
    let mut client = connect(&config, place)?;
    let failed = |error| told(error, place);
    if wait.is_zero() {
        let row = client.query_one("SELECT pg_try_advisory_lock($1)", &[&key]).map_err(failed)?;
        return if row.get(0) {
            Ok(client)
        } else {
            Err(taken(pipeline, session_holder(&mut client, key).as_ref()).at(place))
        };
    }
    client
        .batch_execute(&format!("SET lock_timeout = {}", wait.as_millis().clamp(1, i32::MAX as u128)))
        .map_err(failed)?;
    match client.execute("SELECT pg_advisory_lock($1)", &[&key]) {
        Ok(_) => Ok(client),
        Err(error) if error.code().is_some_and(|code| code.code() == LOCK_NOT_AVAILABLE) => {
            Err(taken(pipeline, session_holder(&mut client, key).as_ref()).at(place))
        }
        Err(error) => Err(failed(error)),
    }
}

fn advisory_key(pipeline: &str) -> i64 {
    let digest = Sha256::digest(format!("plimsoll run {pipeline}"));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(bytes)
}

/// A 64-bit advisory key stands in `pg_locks` as two halves and `objsubid` 1.
fn session_holder(client: &mut Client, key: i64) -> Option<Holder> {
    let rows = client
        .query(
            "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE locktype = 'advisory' AND granted AND objsubid = 1
               AND (classid::bigint << 32) | objid::bigint = $1",
            &[&key],
        )
        .ok()?;
    let name: String = rows.first()?.try_get(0).ok()?;
    let (pid, run) = name.strip_prefix("plimsoll ")?.split_once(' ')?;
    Some(Holder { pid: pid.parse().ok()?, run: run.to_owned() })
}

fn taken(pipeline: &str, holder: Option<&Holder>) -> Error {
    let who = match holder {
        Some(Holder { pid, run }) => format!("run `{run}` (process {pid})"),
        None => "another run".to_owned(),
    };
    Error::new(Kind::Conflict, format!("pipeline `{pipeline}` is being run by {who}"))
        .help("wait for it to end, or give this run time to wait")
}

#[cfg(test)]
mod tests;
