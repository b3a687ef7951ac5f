//! What a store's answers become; a real S3 server when one can be had.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use engine::Kind;

use crate::files::Files;
use crate::files::tests::{Setting, csv, read_from, texts};

fn answering(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    format!("http://{address}")
}

fn source(endpoint: &str) -> Files {
    let options = [
        ("aws_endpoint", endpoint),
        ("aws_access_key_id", "${TEST_KEY}"),
        ("aws_secret_access_key", "secret"),
        ("aws_region", "us-east-1"),
        ("allow_http", "true"),
    ];
    let options: BTreeMap<String, String> = options.map(|(name, value)| (name.into(), value.into())).into();
    Files::new(Path::new("."), &options, &|name| (name == "TEST_KEY").then(|| "key".to_owned()))
}

#[test]
fn answers_become_kinds() {
    let cases = [
        ("503 Slow Down", Kind::Outside),
        ("403 Forbidden", Kind::Refused),
        ("404 Not Found", Kind::Refused),
        ("400 Bad Request", Kind::Refused),
    ];
    for (status, kind) in cases {
        let error = read_from(&source(&answering(status)), "s3://bucket/a.csv", &Setting::new(texts(&["a"]), csv()))
            .err()
            .unwrap();
        assert_eq!(error.kind, kind, "{status}: {error} {:?}", error.source);
        assert!(error.help.is_some() && error.message.contains("s3://bucket/a.csv"), "{error}");
    }
    let nobody = read_from(&source("http://127.0.0.1:1"), "s3://bucket/*.csv", &Setting::new(texts(&["a"]), csv()))
        .err()
        .unwrap();
    assert_eq!(nobody.kind, Kind::Outside, "{nobody}");
}

#[test]
fn a_missing_variable_is_named_and_no_value_is() {
    let options = BTreeMap::from([("aws_secret_access_key".to_owned(), "${NOT_SET}".to_owned())]);
    let source = Files::new(Path::new("."), &options, &|_| None);
    let error = read_from(&source, "s3://bucket/*.csv", &Setting::new(texts(&["a"]), csv())).err().unwrap();
    assert!(error.kind == Kind::Input && error.message.contains("`NOT_SET`"), "{error}");
}

/// moto, a server that speaks S3; ends with the test.
struct Moto {
    process: std::process::Child,
    endpoint: String,
}

impl Moto {
    /// `None` where Python or its packages cannot be had; a virtual environment is kept under the target folder.
    fn start() -> Option<Self> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/moto");
        let tools = std::env::var_os("CARGO_TARGET_DIR").map_or(tools, |target| Path::new(&target).join("tools/moto"));
        let server = tools.join("bin/moto_server");
        if !server.exists() {
            let done =
                |command: &mut std::process::Command| command.output().is_ok_and(|output| output.status.success());
            let made = done(std::process::Command::new("python3").args(["-m", "venv"]).arg(&tools))
                && done(std::process::Command::new(tools.join("bin/pip")).args([
                    "install",
                    "--quiet",
                    "moto[server]==5.2.5",
                ]));
            if !made {
                return None;
            }
        }
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut command = std::process::Command::new(server);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let started = Self { process: command.spawn().ok()?, endpoint: format!("http://127.0.0.1:{port}") };
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if std::time::Instant::now() > deadline {
                return None;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Some(started)
    }

    fn put(&self, path: &str, body: &[u8]) {
        let address = self.endpoint.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let head = format!(
            "PUT /{path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_bucket_is_listed_and_read() {
    let Some(moto) = Moto::start() else {
        let _ = writeln!(std::io::stderr(), "skipped: moto cannot be installed here");
        return;
    };
    moto.put("bucket", b"");
    for (name, rows) in
        [("in/a.csv", 3), ("in/b.csv", 40_000), ("in/_c.csv", 1), ("in/deep/d.csv", 2), ("inner/e.csv", 1)]
    {
        let text: String =
            std::iter::once("a,b\n".to_owned()).chain((0..rows).map(|row| format!("{row},x\n"))).collect();
        moto.put(&format!("bucket/{name}"), text.as_bytes());
    }
    let setting = Setting::new(texts(&["a", "b"]), csv());
    for (glob, rows, files) in
        [("in/*.csv", 40_003, 2), ("in/**/*.csv", 40_005, 3), ("in/a.csv", 3, 1), ("none/*.csv", 0, 0)]
    {
        let outcome = read_from(&source(&moto.endpoint), &format!("s3://bucket/{glob}"), &setting).unwrap();
        assert_eq!((outcome.rows.len(), outcome.hashes.len()), (rows, files), "{glob}");
        assert!(outcome.hashes.iter().flatten().count() == files, "every object has a tag");
    }
    for url in ["s3://bucket/in/none.csv", "s3://nobucket/*.csv"] {
        let error = read_from(&source(&moto.endpoint), url, &setting).err().unwrap();
        assert_eq!(error.kind, Kind::Refused, "{url}: {error}");
    }
}
