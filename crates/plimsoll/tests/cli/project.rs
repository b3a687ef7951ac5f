//! A project in a folder that vanishes, and the binary run in it with a fixed environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Settings of a project that [`Project::new`] writes.
const SETTINGS: &str = "name = \"small\"\nenvironment = \"development\"\nwarehouse = \"warehouse\"\nledger = \"sqlite:.plimsoll/ledger.db\"\n";

pub struct Project {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a process said, and how it ended; a process ended by a signal has no code.
#[derive(Debug, Clone)]
pub struct Output {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    /// A folder with a `plimsoll.toml` and nothing else.
    pub fn new() -> Self {
        let project = Self {
            folder: tempfile::Builder::new().prefix("plimsoll-cli-").tempdir().unwrap(),
            environment: Vec::new(),
        };
        project.write("plimsoll.toml", SETTINGS)
    }

    /// A copy of `examples/flights`.
    pub fn flights() -> Self {
        let project = Self::new();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights");
        for part in ["plimsoll.toml", "pipelines", "models", "openspec", "landing", "landing-next"] {
            copy(&example.join(part), &project.path(part));
        }
        project
    }

    /// A copy of `examples/passengers`.
    pub fn passengers() -> Self {
        let project = Self::new();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/passengers");
        for part in ["plimsoll.toml", "demo.key", "pipelines", "models", "openspec", "landing"] {
            copy(&example.join(part), &project.path(part));
        }
        project
    }

    /// Writes a contract with one dataset; each property is the inside of a flow mapping, such as `name: id, logicalType: integer`.
    pub fn contract(self, dataset: &str, properties: &[&str]) -> Self {
        self.put_contract(dataset, properties, "");
        self
    }

    /// As [`Project::contract`]; `more` is further text of the dataset, indented by four.
    pub fn put_contract(&self, dataset: &str, properties: &[&str], more: &str) {
        let lines: String = properties.iter().map(|property| format!("      - {{ {property} }}\n")).collect();
        let text = format!(
            "apiVersion: v3.2.0\nkind: DataContract\nid: urn:test:{dataset}\nname: {dataset}\nversion: 1.0.0\nstatus: active\n\
             schema:\n  - name: {dataset}\n    logicalType: object\n    properties:\n{lines}{more}"
        );
        self.put(&format!("openspec/specs/tests/{dataset}.odcs.yaml"), text);
    }

    /// Writes `pipelines/small.yaml`; each dataset is one line, such as `orders: { source: … }`.
    pub fn pipeline(self, datasets: &[&str]) -> Self {
        self.put_pipeline(datasets);
        self
    }

    pub fn put_pipeline(&self, datasets: &[&str]) {
        let lines: String = datasets.iter().map(|dataset| format!("  {dataset}\n")).collect();
        self.put("pipelines/small.yaml", format!("pipeline: small\ndatasets:\n{lines}"));
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Writes a file and the folders it needs; returns the project, so that calls can be chained.
    pub fn write(self, relative: &str, content: impl AsRef<[u8]>) -> Self {
        self.put(relative, content);
        self
    }

    /// As [`Project::write`], on a project that is in use already.
    pub fn put(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn read(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).unwrap()
    }

    pub fn read_bytes(&self, relative: &str) -> Vec<u8> {
        std::fs::read(self.path(relative)).unwrap()
    }

    /// Replaces a text that must be there.
    pub fn edit(&self, relative: &str, old: &str, new: &str) {
        let text = self.read(relative);
        assert!(text.contains(old), "{relative} does not say {old:?}:\n{text}");
        self.put(relative, text.replace(old, new));
    }

    pub fn remove(&self, relative: &str) {
        std::fs::remove_file(self.path(relative)).unwrap();
    }

    pub fn copy(&self, from: &str, to: &str) {
        std::fs::create_dir_all(self.path(to).parent().unwrap()).unwrap();
        std::fs::copy(self.path(from), self.path(to)).unwrap();
    }

    pub fn copy_folder(&self, from: &Path, to: &str) {
        copy(from, &self.path(to));
    }

    /// Another project with the same files.
    pub fn copied(&self) -> Self {
        let other = Self::new();
        copy(self.root(), other.root());
        other
    }

    /// The binary in this folder, in an environment that is the same everywhere.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(args).current_dir(self.root()).stdin(Stdio::null()).env_clear();
        command.envs([
            ("USER", "tester"),
            ("TZ", "UTC"),
            ("NO_COLOR", "1"),
            ("COLUMNS", "100"),
            ("CI", "1"),
            ("LC_ALL", "C.UTF-8"),
        ]);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.root());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A variable of the environment that the binary is run in.
    pub fn set_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn run(&self, args: &[&str]) -> Output {
        Output::of(&mut self.command(args))
    }

    /// Runs, demands this exit code, and returns what was said.
    pub fn expect(&self, code: i32, args: &[&str]) -> Output {
        let output = self.run(args);
        assert_eq!(output.code, Some(code), "plimsoll {}\n{}", args.join(" "), output.both());
        output
    }

    /// The document that `args --json` prints, with this exit code.
    pub fn json(&self, code: i32, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let output = self.expect(code, &args);
        serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("plimsoll {} printed no JSON: {error}\n{}", args.join(" "), output.both()))
    }

    /// One JSON object per row of the published table, sorted; see [`crate::delta`].
    pub fn rows(&self, dataset: &str) -> Vec<String> {
        crate::delta::Table::open(&self.table(dataset)).rows()
    }

    /// The same of the table as it was at this version.
    pub fn rows_at(&self, dataset: &str, version: i64) -> Vec<String> {
        crate::delta::Table::at(&self.table(dataset), version).rows()
    }

    /// Names of the data files that the table's newest version has, sorted.
    pub fn files(&self, dataset: &str) -> Vec<String> {
        crate::delta::Table::open(&self.table(dataset)).files()
    }

    pub fn count(&self, dataset: &str) -> u64 {
        crate::delta::Table::open(&self.table(dataset)).count()
    }

    pub fn version(&self, dataset: &str) -> i64 {
        crate::delta::Table::open(&self.table(dataset)).version
    }

    pub fn table(&self, dataset: &str) -> PathBuf {
        self.path("warehouse").join(dataset)
    }

    /// All Parquet files in a table's folder, published or not, by their path in it; without those of dead letters.
    pub fn files_on_disk(&self, dataset: &str) -> Vec<String> {
        let root = self.table(dataset);
        let mut files = Vec::new();
        walk(&root, &mut |path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            if name.ends_with(".parquet") && !name.starts_with('_') {
                files.push(name);
            }
        });
        files.sort();
        files
    }
}

impl Output {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// For the message of an assertion.
    pub fn both(&self) -> String {
        format!("exit code {:?}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// The part of a report that is about one dataset.
pub fn dataset<'a>(report: &'a Value, name: &str) -> &'a Value {
    let datasets = report["datasets"].as_array().unwrap_or_else(|| panic!("no datasets in {report}"));
    datasets.iter().find(|dataset| dataset["name"] == name).unwrap_or_else(|| panic!("no dataset {name} in {report}"))
}

/// Every dataset's action in a report, as `name action`, in its order.
pub fn actions(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    report["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| format!("{} {}", text(&stage["name"]), text(&stage["action"])))
        .collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).unwrap();
    }
}

fn walk(folder: &Path, see: &mut impl FnMut(&Path)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, see) } else { see(&path) }
    }
}
