//! OpenLineage events to a file and to a real HTTP server: in order, at least once, nothing lost.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::project::Project;

/// What the server does with a request, and what it has seen.
#[derive(Default)]
struct Seen {
    bodies: Mutex<Vec<Value>>,
    keys: Mutex<Vec<String>>,
    /// Requests that are answered with this status before the others are taken.
    refuse: AtomicU64,
    status: AtomicU64,
    /// Takes the message and never answers.
    mute: AtomicBool,
}

struct Server {
    address: String,
    seen: Arc<Seen>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/api/v1/lineage", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let shared = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, seen }
    }

    /// What came, in order. At least once is the promise: one whose answer was late may come again, also behind others. A consumer
    /// knows an event by its run, its job, its type and its time.
    fn events(&self) -> Vec<Value> {
        let mut known = std::collections::BTreeSet::new();
        let id = |event: &Value| {
            [&event["run"]["runId"], &event["job"]["name"], &event["eventType"], &event["eventTime"]]
                .map(ToString::to_string)
        };
        let mut events = self.seen.bodies.lock().unwrap().clone();
        events.retain(|event| known.insert(id(event)));
        events
    }
}

/// Requests of one connection, until it is closed.
fn serve(mut stream: TcpStream, seen: &Seen) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (mut length, mut key) = (0, String::new());
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let lower = line.trim_end().to_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if lower.starts_with("authorization:") {
                key = line.trim_end().to_owned();
            }
            if lower.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        if seen.refuse.load(Ordering::SeqCst) > 0 {
            seen.refuse.fetch_sub(1, Ordering::SeqCst);
            let status = seen.status.load(Ordering::SeqCst);
            if write!(stream, "HTTP/1.1 {status} No\r\ncontent-length: 4\r\n\r\nbusy").is_err() {
                return;
            }
            continue;
        }
        seen.bodies.lock().unwrap().push(body);
        seen.keys.lock().unwrap().push(key);
        if seen.mute.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(30));
            return;
        }
        if write!(stream, "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

fn project(settings: &str) -> Project {
    let project = Project::new()
        .contract("raw", &["name: id, logicalType: integer, required: true", "name: n, logicalType: integer"])
        .contract("doubled", &["name: id, logicalType: integer", "name: n, logicalType: integer"])
        .pipeline(&["raw: { source: { files: \"landing/*.csv\" } }", "doubled: {}"])
        .write("models/doubled.sql", "SELECT id, n * 2 AS n FROM raw")
        .write("landing/a.csv", "id,n\n1,10\n2,20\n");
    let toml = project.read("plimsoll.toml");
    project.write("plimsoll.toml", format!("{toml}\n[openlineage]\n{settings}\n"))
}

/// `job TYPE` of each event, in order.
fn told(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| format!("{} {}", event["job"]["name"], event["eventType"]).replace('"', "")).collect()
}

const WHOLE: [&str; 6] = [
    "small START",
    "small.raw START",
    "small.raw COMPLETE",
    "small.doubled START",
    "small.doubled COMPLETE",
    "small COMPLETE",
];

#[test]
fn a_server_and_a_file_are_told_the_same() {
    let server = Server::start();
    let project = project(&format!("url = \"{}\"\nkey = \"${{TOKEN}}\"\nfile = \"out/events.ndjson\"", server.address))
        .set_env("TOKEN", "s3cret");
    let report = project.json(0, &["run"]);
    assert_eq!(report["outcome"], "done");
    let events = server.events();
    assert_eq!(told(&events), WHOLE);
    let lines: Vec<Value> =
        project.read("out/events.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, events);
    assert!(server.seen.keys.lock().unwrap().iter().all(|key| key.ends_with("Bearer s3cret")));
    for one in report["openlineage"].as_array().unwrap() {
        assert_eq!((&one["waiting"], &one["refused"]), (&serde_json::json!(0), &serde_json::json!(0)), "{one}");
    }
    let complete = &events[4];
    assert_eq!(complete["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"], 2);
    assert_eq!(complete["inputs"][0]["facets"]["version"]["datasetVersion"], "0");
    let lineage = &complete["outputs"][0]["facets"]["columnLineage"]["fields"]["n"]["inputFields"][0];
    assert_eq!((&lineage["field"], &lineage["transformations"][0]["subtype"]), (&"n".into(), &"TRANSFORMATION".into()));
    // The key is written nowhere.
    for path in ["out/events.ndjson", ".plimsoll/openlineage/waiting.ndjson"] {
        assert!(!project.read(path).contains("s3cret"));
    }
    // A run with nothing to do tells nothing.
    project.expect(0, &["run"]);
    assert_eq!(server.events().len(), WHOLE.len());
    if let Ok(folder) = std::env::var("PLIMSOLL_EVENTS") {
        std::fs::write(folder, project.read("out/events.ndjson")).unwrap();
    }
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let server = Server::start();
    server.seen.refuse.store(3, Ordering::SeqCst);
    server.seen.status.store(503, Ordering::SeqCst);
    let project = project(&format!("url = \"{}\"\ntimeout = \"20s\"", server.address));
    project.expect(0, &["run"]);
    assert_eq!(told(&server.events()), WHOLE);
}

#[test]
fn what_a_server_that_is_away_missed_comes_later_and_first() {
    // A port where nobody listens.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let project = project(&format!("url = \"http://{address}/\"\ntimeout = \"300ms\""));
    let report = project.json(0, &["run"]);
    assert_eq!(report["openlineage"][0]["waiting"], 6);
    let said = project.expect(1, &["lineage", "send"]);
    assert!(said.stdout.contains("6 events kept for the next run"), "{}", said.both());

    let server = Server::start();
    project.edit("plimsoll.toml", &format!("http://{address}/"), &server.address);
    project.edit("plimsoll.toml", "300ms", "20s");
    project.put("landing/b.csv", "id,n\n3,30\n");
    project.expect(0, &["run"]);
    let events = told(&server.events());
    assert_eq!(events[..6], WHOLE);
    assert_eq!(events[6..], WHOLE);
    assert!(project.expect(0, &["lineage", "send"]).stdout.contains("url: 0 events delivered"));
}

#[test]
fn a_server_that_takes_and_does_not_answer_is_told_again() {
    let server = Server::start();
    server.seen.mute.store(true, Ordering::SeqCst);
    let project = project(&format!("url = \"{}\"\ntimeout = \"400ms\"", server.address));
    let report = project.json(0, &["run"]);
    assert_eq!(report["openlineage"][0]["waiting"], 6);
    assert!(!server.events().is_empty());
    server.seen.mute.store(false, Ordering::SeqCst);
    server.seen.bodies.lock().unwrap().clear();
    project.edit("plimsoll.toml", "400ms", "20s");
    project.expect(0, &["lineage", "send"]);
    assert_eq!(told(&server.events()), WHOLE, "at least once, and in order");
}

#[test]
fn an_event_that_is_refused_is_kept_apart_and_holds_up_nothing() {
    let server = Server::start();
    server.seen.refuse.store(1, Ordering::SeqCst);
    server.seen.status.store(422, Ordering::SeqCst);
    let project = project(&format!("url = \"{}\"\ntimeout = \"20s\"", server.address));
    project.expect(0, &["run"]);
    assert_eq!(told(&server.events()), WHOLE[1..]);
    let refused: Value = serde_json::from_str(project.read(".plimsoll/openlineage/refused.ndjson").trim()).unwrap();
    assert_eq!((&refused["recipient"], &refused["message"]["eventType"]), (&"url".into(), &"START".into()));
}

#[test]
fn a_crash_loses_nothing() {
    for step in ["run_started", "stage_started", "published", "entered", "run_done", "run_ended"] {
        let server = Server::start();
        let project = project(&format!("url = \"{}\"\ntimeout = \"20s\"", server.address)).set_env("NOTHING", "");
        let mut command = project.command(&["run"]);
        command.env("PLIMSOLL_FAULT", step);
        let crashed = crate::project::Output::of(&mut command);
        assert_ne!(crashed.code, Some(0), "{step}: {}", crashed.both());
        project.run(&["run"]);
        project.expect(0, &["lineage", "send"]);
        let events = told(&server.events());
        // Each stage was published once, and each publication is told.
        for stage in ["raw", "doubled"] {
            assert!(events.contains(&format!("small.{stage} START")), "{step}: {events:?}");
            assert!(events.contains(&format!("small.{stage} COMPLETE")), "{step}: {events:?}");
        }
        let place = |line: &str| events.iter().position(|event| event == line).unwrap();
        assert!(place("small.raw COMPLETE") < place("small.doubled COMPLETE"), "{step}: {events:?}");
    }
}

#[test]
fn a_gate_that_is_decided_ends_the_stages_run() {
    let server = Server::start();
    let project = project(&format!("url = \"{}\"\ntimeout = \"20s\"", server.address));
    project.put("landing/a.csv", "id,n\n1,10\n,20\n");
    project.expect(3, &["run"]);
    project.expect(0, &["gate", "approve", "raw", "--reason", "fine"]);
    let events = told(&server.events());
    let of_raw: Vec<&String> = events.iter().filter(|line| line.starts_with("small.raw")).collect();
    assert_eq!(of_raw, ["small.raw START", "small.raw OTHER", "small.raw COMPLETE"]);
}

#[test]
fn settings_that_say_nothing_useful_are_told() {
    let project = project("url = \"ftp://host/\"\ntimeout = \"soon\"\nwhat = 1");
    let said = project.expect(2, &["check"]).both();
    for part in ["not one of http or https", "is not a duration", "`what` is not known here"] {
        assert!(said.contains(part), "{said}");
    }
    let plain = Project::new();
    assert!(plain.expect(2, &["lineage", "send"]).stderr.contains("nobody is to be told"));
}
