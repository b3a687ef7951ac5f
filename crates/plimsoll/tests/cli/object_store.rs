//! Sources and tables in an object store: a server that speaks S3, and one that never has time.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::process::killed_at;
use crate::project::{Output, Project};
use crate::shop;

const SECRET: &str = "a-secret-that-nobody-may-see-4711";

#[test]
fn sources_and_tables_in_a_bucket() {
    let Some(server) = Moto::start() else { return };
    server.request("PUT", "/shop", b"");
    let project = in_bucket(server.port, "s3://shop/");
    let wanted = shop::project();
    for number in [1, 2] {
        server.deliver(number);
        shop::deliver(&wanted, number);
        wanted.expect(0, &["run"]);
        if number == 2 {
            assert!(killed_at(&project, "before_commit:3", &["run"]).is_none());
        }
        let first = secretly(&project, 0, &["run", "--json"]);
        assert!(first.stdout.contains("\"outcome\": \"done\""), "{}", first.both());
        let second = secretly(&project, 0, &["run", "--json"]);
        assert!(second.stdout.contains("\"outcome\": \"nothing\""), "{}", second.both());
        server.mirror(&project);
        for dataset in shop::DATASETS {
            assert_eq!(project.rows(dataset), wanted.rows(dataset), "{dataset} after delivery {number}");
            let dead = format!("_dead_letters/{dataset}");
            assert_eq!(project.rows(&dead).len(), wanted.rows(&dead).len(), "{dead} after delivery {number}");
        }
        assert_eq!(shop::orphans(&project), Vec::<String>::new());
    }
    for verb in [["plan"].as_slice(), &["status"], &["runs"], &["dlq", "list"], &["dlq", "show", "orders_raw"]] {
        secretly(&project, 0, verb);
    }
    server.request("DELETE", "/shop/landing/rates/2.csv", b"");
    let less = secretly(&project, 0, &["run", "--json"]);
    assert!(less.stdout.contains("vanished"), "an overwritten table follows its files: {}", less.both());
}

#[test]
fn a_bucket_that_is_not_there_or_keys_that_are_not_set() {
    let Some(server) = Moto::start() else { return };
    let project = in_bucket(server.port, "s3://nowhere/");
    let output = secretly(&project, 1, &["run"]);
    assert!(output.stderr.contains("nowhere") && output.stderr.contains("help: "), "{}", output.both());
    let output = Output::of(project.command(&["run"]).env_remove("SHOP_SECRET"));
    assert_eq!(output.code, Some(2), "{}", output.both());
    assert!(output.stderr.contains("SHOP_SECRET"), "{}", output.both());
}

#[test]
fn a_store_that_never_has_time() {
    let busy = Busy::start();
    let project = in_bucket(busy.port, "s3://shop/");
    let began = Instant::now();
    project.put("plimsoll.toml", project.read("plimsoll.toml").replace("s3://shop/warehouse", "warehouse"));
    let output = secretly(&project, 1, &["run"]);
    for word in ["did not answer", "s3://shop/landing/", "503", "help: try again"] {
        assert!(output.both().contains(word), "no {word:?}: {}", output.both());
    }
    assert!(busy.asked_most() > 1, "the store is asked again");
    assert!(began.elapsed() < Duration::from_secs(60), "but not for ever");
    assert!(!project.path("warehouse").exists());
}

#[test]
fn tables_in_a_store_that_never_has_time() {
    let busy = Busy::start();
    let project = in_bucket(busy.port, "");
    shop::deliver(&project, 1);
    let output = secretly(&project, 1, &["run"]);
    for word in ["did not answer", "503", "s3://shop/warehouse/", "help: try again"] {
        assert!(output.both().contains(word), "no {word:?}: {}", output.both());
    }
    assert!(busy.asked_most() > 1, "the store is asked again");
}

/// Files and a Delta table in a bucket, by URL and by the servers of a contract.
#[test]
fn data_in_a_bucket_is_tested_where_it_lies() {
    let Some(server) = Moto::start() else { return };
    server.request("PUT", "/lake", b"");
    let port = server.port;
    let contract = format!(
        "apiVersion: v3.1.0\nkind: DataContract\nid: orders\nversion: 1.0.0\nstatus: active\nservers:\n  \
         - {{ server: prod, type: s3, endpointUrl: 'http://127.0.0.1:{port}', location: 's3://lake/in/{{model}}-*.csv', format: csv }}\n  \
         - {{ server: table, type: s3, endpointUrl: 'http://127.0.0.1:{port}', location: 's3://lake/tables/{{model}}', format: delta }}\n\
         schema:\n  - name: orders\n    properties:\n      - {{ name: id, logicalType: integer, unique: true }}\n      \
         - {{ name: day, logicalType: string, logicalTypeOptions: {{ minLength: 2 }} }}\n"
    );
    server.request("PUT", "/lake/in/orders-1.csv", b"id,day\n1,mo\n2,tu\n");
    server.request("PUT", "/lake/in/orders-2.csv", b"id,day\n2,we\n3,x\n");
    let metadata = r#"{"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"day\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["day"],"configuration":{},"createdTime":0}}"#;
    let ids: arrow::array::ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![7, 7, 8]));
    let batch = arrow::array::RecordBatch::try_from_iter([("id", ids)]).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let log = format!(
        "{}\n{metadata}\n{{\"add\":{{\"path\":\"day=x/a.parquet\",\"partitionValues\":{{\"day\":\"x\"}},\"size\":{},\"modificationTime\":0,\"dataChange\":true}}}}\n",
        r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#,
        bytes.len()
    );
    server.request("PUT", "/lake/tables/orders/day%3Dx/a.parquet", &bytes);
    server.request("PUT", "/lake/tables/orders/_delta_log/00000000000000000000.json", log.as_bytes());
    let project = Project::new()
        .write("c.odcs.yaml", contract)
        .set_env("AWS_ACCESS_KEY_ID", "key")
        .set_env("AWS_SECRET_ACCESS_KEY", SECRET)
        .set_env("AWS_REGION", "us-east-1")
        .set_env("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{port}"))
        .set_env("AWS_ALLOW_HTTP", "true");
    let found = |code: i32, args: &[&str]| {
        let args: Vec<&str> = ["contract", "test", "c.odcs.yaml", "--json"].iter().chain(args).copied().collect();
        let output = secretly(&project, code, &args);
        let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let dataset = &report["datasets"][0];
        let checks = dataset["checks"].as_array().unwrap().iter().filter(|check| check["outcome"] != "passed");
        let mut found = vec![format!("{} rows", dataset["rows_read"])];
        found.extend(checks.map(|check| format!("{} {}", check["id"].as_str().unwrap(), check["violations"])));
        found
    };
    let files = ["4 rows", "day.length 1", "id.unique 1"];
    let table = ["3 rows", "day.length 3", "id.unique 1"];
    for (args, wanted) in [
        (&["--data", "s3://lake/in/"][..], files),
        (&["--data", "s3://lake/in/*.csv"], files),
        (&["--data", "s3://lake/in/orders-1.csv", "--data", "s3://lake/in/orders-2.csv"], files),
        (&["--server", "prod"], files),
        (&["--server", "table"], table),
        (&["--data", "s3://lake/tables/orders"], table),
        (&["--data", "s3://lake/tables/"], table),
    ] {
        let mut found = found(1, args);
        found[1..].sort();
        assert_eq!(found, wanted, "{args:?}");
    }
    let output = secretly(&project, 2, &["contract", "test", "c.odcs.yaml", "--data", "s3://nowhere/orders.csv"]);
    assert!(output.stderr.contains("nowhere") && output.stderr.contains("help: "), "{}", output.both());
    let output = secretly(&project, 2, &["contract", "test", "c.odcs.yaml", "--data", "s3://lake/none-*.csv"]);
    assert!(output.stderr.contains("there is no file"), "{}", output.both());
}

/// The shop whose tables are in the bucket `shop`, and whose files are at `landing` + `landing/…`.
fn in_bucket(port: u16, landing: &str) -> Project {
    let project = shop::project();
    let pipeline = project.read("pipelines/shop.yaml").replace("\"landing/", &format!("\"{landing}landing/"));
    project.put("pipelines/shop.yaml", pipeline);
    let bucket = if landing.is_empty() { "s3://shop/" } else { landing };
    let store = format!(
        "[store]\naws_endpoint = \"http://127.0.0.1:{port}\"\naws_access_key_id = \"key\"\n\
         aws_secret_access_key = \"${{SHOP_SECRET}}\"\naws_region = \"us-east-1\"\nallow_http = \"true\"\n"
    );
    let settings = shop::SETTINGS.replace("warehouse = \"warehouse\"", &format!("warehouse = \"{bucket}warehouse\""));
    project.put("plimsoll.toml", settings + &store);
    project.set_env("SHOP_SECRET", SECRET)
}

/// Runs, and looks that the secret stands nowhere.
fn secretly(project: &Project, code: i32, args: &[&str]) -> Output {
    let output = project.expect(code, args);
    assert!(!output.both().contains(SECRET), "the secret is shown: {}", output.both());
    for name in ["ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(project.path(&format!(".plimsoll/{name}"))).unwrap_or_default();
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "the secret is in {name}");
    }
    output
}

/// An S3 server of the test's own; it ends with the test, however that ends.
struct Moto {
    port: u16,
    keeper: Child,
}

/// Ends the server when standard input ends.
const KEEPER: &str =
    r#""$1" -H 127.0.0.1 -p 0 2>&1 </dev/null & server=$!; read -r _ || true; kill "$server"; wait "$server""#;

impl Moto {
    fn start() -> Option<Self> {
        let Some(program) = installed() else {
            eprintln!("note: python3 with pip cannot install moto[server] here, so tests on S3 check nothing");
            return None;
        };
        let mut keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(keeper.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split("127.0.0.1:").nth(1)?.trim().parse().ok())
            .unwrap();
        // Its log is read on, so that it never waits for somebody to read it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { port, keeper })
    }

    fn deliver(&self, number: i64) {
        for (path, text) in shop::files(number) {
            self.request("PUT", &format!("/shop/landing/{path}"), text.as_bytes());
        }
    }

    /// Copies what is in the bucket below `warehouse/` to the same place in the project.
    fn mirror(&self, project: &Project) {
        let _ = std::fs::remove_dir_all(project.path("warehouse"));
        let list = String::from_utf8(self.request("GET", "/shop?list-type=2&prefix=warehouse/", b"")).unwrap();
        assert!(list.contains("<IsTruncated>false"), "{list}");
        for key in list.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap()) {
            project.put(key, self.request("GET", &format!("/shop/{}", key.replace('=', "%3D")), b""));
        }
    }

    fn request(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = body.len();
        // The server asks for a name and not for a right signature.
        let name =
            "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: {name}\r\n", self.port)
            .unwrap();
        write!(stream, "Content-Length: {length}\r\nConnection: close\r\n\r\n").unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let status = String::from_utf8_lossy(&answer[..head]).into_owned();
        assert!(status.starts_with("HTTP/1.1 2") && !status.contains("chunked"), "{method} {path}: {status}");
        answer.split_off(head + 4)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The server's program, installed once for all test runs beside the build.
fn installed() -> Option<std::path::PathBuf> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one = INSTALLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("moto");
    let program = folder.join("bin/moto_server");
    let installed = folder.join("installed");
    if !installed.exists() {
        let done = |command: &mut Command| {
            command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let made = done(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && done(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "moto[server]>=5,<6"]));
        if !made {
            return None;
        }
        std::fs::write(installed, "").unwrap();
    }
    Some(program)
}

/// Answers every request with 503.
struct Busy {
    port: u16,
    /// How often by request line.
    requests: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Busy {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(BTreeMap::new()));
        let counted = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap_or(0);
                let line = String::from_utf8_lossy(&request[..read]).lines().next().unwrap_or_default().to_owned();
                *counted.lock().unwrap().entry(line).or_insert(0) += 1;
                let _ = stream.write_all(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        Self { port, requests }
    }

    /// How often the same was asked, at most.
    fn asked_most(&self) -> usize {
        self.requests.lock().unwrap().values().copied().max().unwrap_or(0)
    }
}
