//! One run at a time; a lock ends with its holder, however that ends.
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use engine::{Kind, Result};

use super::file_name;
use crate::fixtures::{on_both, on_postgres, on_sqlite};
use crate::{Location, RunLock};

/// Names the address to the second process.
const ADDRESS: &str = "LEDGER_TEST_LOCK";

fn refused(result: Result<RunLock>) -> engine::Error {
    let error = result.err().unwrap();
    assert_eq!(error.kind, Kind::Conflict, "{error}");
    error
}

#[test]
fn the_second_run_is_told_who_holds_the_lock() {
    on_both(|location| {
        let mut first = RunLock::acquire(location, "retail", "run-1", None).unwrap();
        first.check().unwrap();
        let due = format!("pipeline `retail` is being run by run `run-1` (process {})", std::process::id());
        assert_eq!(refused(RunLock::acquire(location, "retail", "run-2", None)).message, due);
        assert_eq!(
            refused(RunLock::acquire(location, "retail", "run-2", Some(Duration::from_millis(80)))).message,
            due
        );
        RunLock::acquire(location, "other", "run-3", None).unwrap();
        drop(first);
        RunLock::acquire(location, "retail", "run-2", Some(Duration::from_secs(10))).unwrap();
    });
}

#[test]
fn who_waits_gets_the_lock_when_it_is_let_go() {
    on_both(|location| {
        let first = RunLock::acquire(location, "retail", "run-1", None).unwrap();
        std::thread::scope(|scope| {
            let second = scope
                .spawn(|| RunLock::acquire(location, "retail", "run-2", Some(Duration::from_secs(60))).map(|_| ()));
            drop(first);
            second.join().unwrap().unwrap();
        });
    });
}

/// Not a test of its own: the second process of the test below runs it, holds a lock and never ends.
#[test]
fn holder_process() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let location = match address.strip_prefix("sqlite:") {
        Some(path) => Location::Sqlite(path.into()),
        None => Location::parse(&address, Path::new("")).unwrap(),
    };
    let _lock = RunLock::acquire(&location, "retail", "run-of-another-process", None).unwrap();
    // Standard output may be captured; this folder entry or stream is not.
    std::io::Write::write_all(&mut std::io::stderr(), b"held\n").unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

fn hold_in_another_process(address: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lock::tests::holder_process", "--nocapture"])
        .env(ADDRESS, address)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = [0; 5];
    child.stderr.as_mut().unwrap().read_exact(&mut told).unwrap();
    assert_eq!(&told, b"held\n");
    child
}

fn a_killed_process_lets_go(location: &Location, address: &str) {
    let mut child = hold_in_another_process(address);
    let message = refused(RunLock::acquire(location, "retail", "run-2", None)).message;
    assert!(message.contains(&format!("run `run-of-another-process` (process {})", child.id())), "{message}");
    child.kill().unwrap();
    child.wait().unwrap();
    // A server notices a dead client a moment later.
    RunLock::acquire(location, "retail", "run-2", Some(Duration::from_secs(60))).unwrap();
}

#[test]
fn a_lock_ends_with_its_process() {
    on_sqlite(|location| a_killed_process_lets_go(location, &location.to_string()));
    on_postgres(|location| a_killed_process_lets_go(location, &location.to_string()));
}

#[test]
fn a_lock_lost_with_its_connection_is_noticed() {
    on_postgres(|location| {
        let mut lock = RunLock::acquire(location, "retail", "run-1", None).unwrap();
        let mut ledger = crate::fixtures::open(location);
        ledger
            .backend
            .query(
                "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name LIKE '%run-1' AND datname = current_database()) AS ended",
                &[],
            )
            .unwrap();
        assert_eq!(lock.check().unwrap_err().kind, Kind::Conflict);
    });
}

#[test]
fn file_names() {
    let cases = [("retail", "retail"), ("a/b", "a%2fb"), ("..", "%2e%2e"), ("Retail", "%52etail"), ("ü", "%c3%bc")];
    for (pipeline, name) in cases {
        assert_eq!(file_name(pipeline), name);
    }
}
