//! The ledger's tables, in the words that both databases share, and how an older ledger is brought up to them.
//!
//! | table | one row per | holds |
//! | --- | --- | --- |
//! | `meta` | setting | `schema`: the number of migrations applied |
//! | `head` | ledger | number and hash of the newest event, so that a cut-off end is found out |
//! | `event` | event | the truth; `run`, `dataset` and `gate` repeat what the body says, for finding it |
//! | `dataset` | dataset ever published or held | what the newest publication says, and the gate that stands |
//! | `file_chunk` | some files of a dataset | files read so far: see `files` |
//! | `gate` | gate ever asked | where it stands; the question and the decision are events |
//! | `gate_told` | gate | a view of the gate with these two events |
//! | `change_step` | event of a change | which change it is about |
//! | `drift_look` | look that found another drift than before, and acceptance of drift | which event |
//! | `cause` | event that stands once for its cause | which event |
//! | `run` | run | when and how it ended |
//! | `run_stage` | stage of a run | where it stands, and the event that says more |
//!
//! Folds hold no fractions but short ones that a person wrote, so a fold made from an event and one made from its text are
//! always equal.

use engine::{Error, Kind, Result};

use crate::backend::Backend;
use crate::chain::GENESIS;

/// Each is applied once, in order, and never changed afterwards.
const MIGRATIONS: &[&str] = &["
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE head (one BIGINT PRIMARY KEY CHECK (one = 1), seq BIGINT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE event (
    seq BIGINT PRIMARY KEY, time_ms BIGINT NOT NULL, run TEXT, dataset TEXT, gate TEXT, body TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE INDEX event_run ON event (run, seq);
CREATE TABLE dataset (name TEXT PRIMARY KEY, published_seq BIGINT, published TEXT, gate TEXT);
CREATE TABLE file_chunk (
    dataset TEXT NOT NULL, part BIGINT NOT NULL, files BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (dataset, part)
);
CREATE TABLE gate (
    id TEXT PRIMARY KEY, dataset TEXT NOT NULL, state TEXT NOT NULL, fingerprint TEXT NOT NULL,
    question TEXT NOT NULL, held_seq BIGINT NOT NULL, decided_seq BIGINT
);
CREATE INDEX gate_dataset ON gate (dataset);
CREATE VIEW gate_told AS
    SELECT g.id, g.state, g.held_seq, h.time_ms AS held_ms, h.body AS held, g.decided_seq, d.time_ms AS decided_ms, d.body AS decided
    FROM gate g JOIN event h ON h.seq = g.held_seq LEFT JOIN event d ON d.seq = g.decided_seq;
CREATE TABLE run (
    id TEXT PRIMARY KEY, started_seq BIGINT NOT NULL, started_ms BIGINT NOT NULL, ended_ms BIGINT, outcome TEXT
);
CREATE INDEX run_started ON run (started_seq);
CREATE TABLE run_stage (
    run TEXT NOT NULL, dataset TEXT NOT NULL, state TEXT NOT NULL, seq BIGINT NOT NULL, started_ms BIGINT, ended_ms BIGINT,
    PRIMARY KEY (run, dataset)
);
", "
CREATE TABLE change_step (seq BIGINT PRIMARY KEY, change_id TEXT NOT NULL);
CREATE INDEX change_step_of ON change_step (change_id, seq);
", "
CREATE TABLE drift_look (seq BIGINT PRIMARY KEY);
", "
CREATE TABLE cause (cause TEXT PRIMARY KEY, seq BIGINT NOT NULL);
"];

/// The tables that follow from the events, with all their columns in a fixed order.
pub(crate) const FOLDS: &[(&str, &str)] = &[
    ("dataset", "SELECT name, published_seq, published, gate FROM dataset"),
    ("file_chunk", "SELECT dataset, part, files, body FROM file_chunk"),
    ("gate", "SELECT id, dataset, state, fingerprint, question, held_seq, decided_seq FROM gate"),
    ("run", "SELECT id, started_seq, started_ms, ended_ms, outcome FROM run"),
    ("change_step", "SELECT seq, change_id FROM change_step"),
    ("drift_look", "SELECT seq FROM drift_look"),
    ("cause", "SELECT cause, seq FROM cause"),
    ("run_stage", "SELECT run, dataset, state, seq, started_ms, ended_ms FROM run_stage"),
];

/// Makes the tables or brings them up to date; refuses a ledger that a newer version has written.
pub(crate) fn migrate(backend: &mut Backend) -> Result<()> {
    if applied(backend)? == MIGRATIONS.len() {
        return Ok(());
    }
    backend.write(|backend| {
        // Asked again: another process may have been faster.
        let from = applied(backend)?;
        if from == 0 {
            backend.prepare_schema()?;
        }
        for migration in &MIGRATIONS[from..] {
            let ddl = backend.dialect(migration).into_owned();
            backend.batch(&ddl)?;
        }
        if from == 0 {
            backend.execute("INSERT INTO head (one, seq, hash) VALUES (1, 0, $1)", &[GENESIS.into()])?;
        }
        let version = MIGRATIONS.len().to_string();
        backend.execute(
            "INSERT INTO meta (name, value) VALUES ('schema', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[version.into()],
        )?;
        Ok(())
    })
}

/// How many migrations were applied, at most as many as there are.
fn applied(backend: &mut Backend) -> Result<usize> {
    if !backend.has_schema()? {
        return Ok(0);
    }
    let rows = backend.query("SELECT value FROM meta WHERE name = 'schema'", &[])?;
    let version = rows.first().map(|row| row.text(0)).transpose()?.and_then(|text| text.parse::<usize>().ok());
    match version {
        Some(version) if version <= MIGRATIONS.len() => Ok(version),
        Some(version) => Err(Error::new(
            Kind::Refused,
            format!(
                "the ledger was written by a newer Plimsoll (its schema is {version}, this one knows {})",
                MIGRATIONS.len()
            ),
        )
        .help("use the newer Plimsoll; a ledger is never turned back")),
        None => Err(Error::new(Kind::Refused, "the ledger does not say which schema it has")
            .help("something else has written to its table `meta`; restore the ledger from a backup")),
    }
}
