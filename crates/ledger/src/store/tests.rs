//! Appending: numbers without gaps, all or nothing, several writers, and what a sick database is told to be.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;

use engine::Kind;
use pipeline::Event;
use pipeline::event::RunOutcome;

use crate::fixtures::{on_both, on_sqlite, open, run_ended, run_started};
use crate::{Ledger, Location};

#[test]
fn events_come_back_as_they_were_appended() {
    on_both(|location| {
        let mut ledger = open(location);
        assert_eq!(ledger.append(1, &[]).unwrap(), 0);
        assert_eq!(ledger.append(10, &[run_started("a"), run_ended("a", RunOutcome::Failed)]).unwrap(), 2);
        assert_eq!(open(location).append(5, &[run_started("b")]).unwrap(), 3);
        let events = ledger.events(2, 100).unwrap();
        let told = events.iter().map(|event| (event.seq, event.time_ms, event.event.clone())).collect::<Vec<_>>();
        assert_eq!(told, [(2, 10, run_ended("a", RunOutcome::Failed)), (3, 5, run_started("b"))]);
        assert_eq!(ledger.events(1, 2).unwrap().len(), 2);
    });
}

#[test]
fn writers_take_turns() {
    const WRITERS: usize = 4;
    const APPENDS: usize = 25;
    on_both(|location| {
        let ready = Barrier::new(WRITERS);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let ready = &ready;
                scope.spawn(move || {
                    // All open a ledger that is not there yet.
                    ready.wait();
                    let mut ledger = open(location);
                    for n in 0..APPENDS {
                        let run = format!("{writer}-{n}");
                        ledger.append(0, &[run_started(&run), run_ended(&run, RunOutcome::Done)]).unwrap();
                    }
                });
            }
        });
        let report = open(location).verify().unwrap();
        assert!(report.is_whole(), "{report:?}");
        assert_eq!(report.events, (WRITERS * APPENDS * 2) as u64);
    });
}

#[test]
fn a_failed_append_leaves_nothing() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger.append(0, &[run_started("a")]).unwrap();
        ledger.backend.batch("ALTER TABLE run_stage RENAME TO elsewhere").unwrap();
        let stage = Event::StageStarted { run: "a".to_owned(), dataset: "d".to_owned() };
        ledger.append(0, &[run_started("b"), stage]).unwrap_err();
        ledger.backend.batch("ALTER TABLE elsewhere RENAME TO run_stage").unwrap();
        assert_eq!(ledger.runs(10).unwrap().len(), 1);
        assert_eq!(ledger.append(0, &[run_started("c")]).unwrap(), 2);
    });
}

#[test]
fn nothing_is_appended_after_a_cut_off_end() {
    on_both(|location| {
        let mut ledger = open(location);
        ledger.append(0, &[run_started("a"), run_ended("a", RunOutcome::Done)]).unwrap();
        ledger.backend.batch("DELETE FROM event WHERE seq = 2").unwrap();
        let error = ledger.append(0, &[run_started("b")]).unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        assert_eq!(error.message, "the ledger ends with event 1, but event 2 was the last one appended");
        assert_eq!(ledger.rebuild().unwrap(), 1);
        assert_eq!(ledger.append(0, &[run_started("b")]).unwrap(), 2);
    });
}

#[test]
fn a_newer_schema_is_refused() {
    on_both(|location| {
        open(location).backend.batch("UPDATE meta SET value = '999' WHERE name = 'schema'").unwrap();
        let error = Ledger::open_at(location).err().unwrap();
        assert_eq!(error.kind, Kind::Refused);
        assert!(error.message.contains("newer Plimsoll"), "{error}");
        assert_eq!(error.place, Some(location.to_string()));
    });
}

fn opening(make: impl FnOnce(&Path)) -> engine::Error {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    make(&path);
    let before = fs::read(&path).ok();
    let error = match Ledger::open_at(&Location::Sqlite(path.clone())) {
        Ok(mut ledger) => ledger.append(0, &[run_started("a")]).unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(fs::read(&path).ok(), before, "a sick file stays as it is");
    assert!(error.place.is_some() && error.help.is_some());
    error
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let error =
        opening(|path| fs::write(path, "not a database, but long enough to be taken for one".repeat(20)).unwrap());
    assert_eq!(error.kind, Kind::Refused);
    assert!(error.message.contains("damaged or is not a ledger"), "{error}");
}

#[test]
fn another_programs_database_is_refused() {
    let error =
        opening(|path| rusqlite::Connection::open(path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap());
    assert_eq!(error.kind, Kind::Input);
    assert!(error.message.contains("another program's database"), "{error}");
}

#[test]
fn a_damaged_page_is_told() {
    let error = opening(|path| {
        let mut ledger = Ledger::open_at(&Location::Sqlite(path.to_owned())).unwrap();
        ledger.append(0, &[run_started("a")]).unwrap();
        ledger.backend.batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        drop(ledger);
        let mut bytes = fs::read(path).unwrap();
        bytes[4096..].fill(0xA5);
        fs::write(path, bytes).unwrap();
    });
    assert_eq!(error.kind, Kind::Refused, "{error}");
    assert!(error.message.contains("damaged"), "{error}");
}

#[test]
fn a_folder_in_the_ledgers_place_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Ledger::open_at(&Location::Sqlite(folder.path().to_owned())).err().unwrap();
    assert_eq!(error.kind, Kind::Refused, "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = Ledger::open_at(&Location::Sqlite(folder.path().join("file/ledger.db"))).err().unwrap();
    assert_eq!(error.kind, Kind::Refused, "{error}");
}

#[test]
fn a_read_only_ledger_is_told() {
    on_sqlite(|location| {
        drop(open(location));
        let Location::Sqlite(path) = location else { return };
        fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
        // The superuser may write all the same.
        if fs::OpenOptions::new().append(true).open(path).is_ok() {
            return;
        }
        let error = open(location).append(0, &[run_started("a")]).unwrap_err();
        assert_eq!(error.kind, Kind::Refused, "{error}");
    });
}

#[test]
fn a_full_disk_is_told_and_nothing_is_appended() {
    on_sqlite(|location| {
        let mut ledger = open(location);
        ledger.append(0, &[run_started("a")]).unwrap();
        // SQLite reports its own limit on the file's size the same way.
        ledger.backend.query("PRAGMA max_page_count = 1", &[]).unwrap();
        let event = Event::RunStarted { run: "b".to_owned(), plan: "x".repeat(1 << 20).into(), who: None };
        let error = ledger.append(0, &[event]).unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        assert!(error.message.contains("full"), "{error}");
        assert_eq!(ledger.events(1, 10).unwrap().len(), 1);
    });
}

#[test]
fn a_server_that_restarts_between_appends_is_met_again() {
    crate::fixtures::on_postgres(|location| {
        let mut ledger = open(location);
        ledger.append(0, &[run_started("a")]).unwrap();
        let mut other = open(location);
        other
            .backend
            .query(
                "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE pid <> pg_backend_pid() AND datname = current_database()) AS ended",
                &[],
            )
            .unwrap();
        assert_eq!(ledger.append(0, &[run_started("b")]).unwrap(), 2);
    });
}
