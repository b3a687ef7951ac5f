//! The scenarios: what is measured, for whom.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use anyhow::{Context, Result, bail};

use super::scenario::{Contender, Scenario, Step, no_counts, peer_counts, plimsoll_counts};
use super::{check, lineage, lint, wide};
use crate::data::bench::{Set, copy_folder};
use crate::workspace;

const PEERS: &[&str] = &["duckdb", "pytz", "polars", "deltalake"];
const WIDE_MODELS: usize = 1000;

/// Makes a scenario, and its input where that is missing.
type Make = fn(&Rc<Plimsoll>) -> Result<Scenario>;

const ALL: &[(&str, Make)] = &[
    ("orders", orders),
    ("daily", daily),
    ("wide", wide_project),
    ("check", check::scenario),
    ("lint", lint::scenario),
    ("lineage", lineage::scenario),
    ("lineage-suite", lineage::suite),
    ("startup", startup),
];

/// All scenarios, or the one of this name.
pub fn chosen(name: Option<&str>) -> Result<Vec<Scenario>> {
    if let Some(name) = name.filter(|name| !ALL.iter().any(|(known, _)| known == name)) {
        let names: Vec<&str> = ALL.iter().map(|(known, _)| *known).collect();
        bail!("there is no benchmark `{name}`; there are {}", names.join(", "));
    }
    let plimsoll = Rc::new(Plimsoll::find()?);
    let wanted = ALL.iter().filter(|(known, _)| name.is_none_or(|name| name == *known));
    wanted.map(|(_, make)| make(&plimsoll)).collect()
}

/// The release binary; `$PLIMSOLL` names another one.
pub struct Plimsoll {
    path: PathBuf,
}

impl Plimsoll {
    fn find() -> Result<Self> {
        let path = match std::env::var_os("PLIMSOLL") {
            Some(path) => PathBuf::from(path),
            None => workspace::target()?.join("release/plimsoll"),
        };
        Ok(Self { path })
    }

    pub fn absent(&self) -> Option<String> {
        let missing = !self.path.exists();
        missing.then(|| format!("{} is not built (cargo build --release -p plimsoll)", self.path.display()))
    }

    pub fn command(&self, arguments: &[&str], folder: &Path) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments).current_dir(folder);
        command
    }
}

fn orders(plimsoll: &Rc<Plimsoll>) -> Result<Scenario> {
    let bench = Bench::of(Set::Orders, "orders")?;
    Ok(Scenario {
        name: "orders",
        about: "5 M rows of CSV, one in a hundred bad, into a good table and refused rows with reasons",
        steps: vec![bench.step("load", "first")?],
        contenders: vec![
            bench.unchecked(plimsoll),
            bench.peer("duckdb", "bench/duckdb_orders.py"),
            bench.peer("polars", "bench/polars_orders.py"),
            bench.plimsoll(plimsoll),
        ],
        packages: PEERS,
    })
}

fn daily(plimsoll: &Rc<Plimsoll>) -> Result<Scenario> {
    let bench = Bench::of(Set::Daily, "daily")?;
    let nothing = Step { name: "nothing new", rows: None, expected: None };
    Ok(Scenario {
        name: "daily",
        about: "365 daily files with 10 M rows, then one more day, then nothing",
        steps: vec![bench.step("first load", "first")?, bench.step("one new day", "next")?, nothing],
        contenders: vec![
            bench.peer("duckdb", "bench/duckdb_orders.py"),
            bench.peer("polars", "bench/polars_orders.py"),
            bench.plimsoll(plimsoll),
        ],
        packages: PEERS,
    })
}

/// Generated files and the expected counts beside them.
struct Bench {
    data: PathBuf,
    /// Where the contenders work; anew for every run.
    work: PathBuf,
    expected: serde_json::Value,
}

impl Bench {
    fn of(set: Set, name: &str) -> Result<Rc<Self>> {
        let data = set.prepare()?;
        let expected = serde_json::from_str(&std::fs::read_to_string(data.join("expected.json"))?)?;
        Ok(Rc::new(Self { data, work: workspace::target()?.join("bench-work").join(name), expected }))
    }

    fn step(&self, name: &'static str, part: &str) -> Result<Step> {
        let number =
            |key: &str| self.expected[part][key].as_u64().with_context(|| format!("expected.json has no {part}.{key}"));
        Ok(Step { name, rows: Some(number("rows")?), expected: Some((number("good")?, number("refused")?)) })
    }

    /// A project folder whose landing folder holds links to the generated files.
    fn fresh(&self, contender: &str) -> Result<()> {
        let folder = self.work.join(contender);
        let _ = std::fs::remove_dir_all(&folder);
        copy_folder(&workspace::root()?.join("bench/project"), &folder)?;
        self.land(contender, "landing")
    }

    /// Links the files of a generated folder into the contender's landing folder.
    fn land(&self, contender: &str, from: &str) -> Result<()> {
        let landing = self.work.join(contender).join("landing");
        std::fs::create_dir_all(&landing)?;
        for entry in std::fs::read_dir(self.data.join(from))? {
            let entry = entry?;
            std::fs::hard_link(entry.path(), landing.join(entry.file_name()))?;
        }
        Ok(())
    }

    fn prepare(&self, contender: &str, step: &str) -> Result<PathBuf> {
        if step == "one new day" {
            self.land(contender, "next")?;
        }
        Ok(self.work.join(contender))
    }

    fn peer(self: &Rc<Self>, name: &'static str, script: &'static str) -> Contender {
        let (fresh, bench) = (self.clone(), self.clone());
        Contender {
            name,
            absent: None,
            fresh: Box::new(move || fresh.fresh(name)),
            command: Box::new(move |step, python| {
                let folder = bench.prepare(name, step)?;
                let mut command = Command::new(python);
                command.arg(workspace::root()?.join(script)).arg(&folder).arg(folder.join("out"));
                Ok(command)
            }),
            counts: peer_counts,
            code: 0,
        }
    }

    fn plimsoll(self: &Rc<Self>, plimsoll: &Rc<Plimsoll>) -> Contender {
        let (fresh, bench, binary) = (self.clone(), self.clone(), plimsoll.clone());
        Contender {
            name: "plimsoll",
            absent: plimsoll.absent(),
            fresh: Box::new(move || fresh.fresh("plimsoll")),
            command: Box::new(move |step, _| {
                let folder = bench.prepare("plimsoll", step)?;
                Ok(binary.command(&["run", "--json"], &folder))
            }),
            counts: plimsoll_counts,
            code: 0,
        }
    }

    /// The bare engine: CSV to Parquet with the contract's types, nothing checked.
    fn unchecked(self: &Rc<Self>, plimsoll: &Rc<Plimsoll>) -> Contender {
        let (fresh, bench, binary) = (self.clone(), self.clone(), plimsoll.clone());
        Contender {
            name: "unchecked",
            absent: plimsoll.absent(),
            fresh: Box::new(move || fresh.fresh("unchecked")),
            command: Box::new(move |step, _| {
                let folder = bench.prepare("unchecked", step)?;
                Ok(binary.command(&["bench-copy", "landing/orders-5m.csv", "out"], &folder))
            }),
            counts: no_counts,
            code: 0,
        }
    }
}

fn wide_project(plimsoll: &Rc<Plimsoll>) -> Result<Scenario> {
    let folder = workspace::target()?.join("bench-work/wide");
    let (fresh, binary) = (folder.clone(), plimsoll.clone());
    let step = |name| Step { name, rows: None, expected: None };
    Ok(Scenario {
        name: "wide",
        about: "1,000 models over ten small sources: check, plan, make them all, then find nothing to do",
        steps: vec![step("check"), step("plan"), step("first run"), step("nothing new")],
        contenders: vec![Contender {
            name: "plimsoll",
            absent: plimsoll.absent(),
            fresh: Box::new(move || wide::generate(&fresh, WIDE_MODELS)),
            command: Box::new(move |step, _| {
                let arguments: &[&str] = match step {
                    "check" => &["check"],
                    "plan" => &["plan", "--json"],
                    _ => &["run", "--json"],
                };
                Ok(binary.command(arguments, &folder))
            }),
            counts: no_counts,
            code: 0,
        }],
        packages: &[],
    })
}

fn startup(plimsoll: &Rc<Plimsoll>) -> Result<Scenario> {
    let binary = plimsoll.clone();
    Ok(Scenario {
        name: "startup",
        about: "plimsoll --version",
        steps: vec![Step { name: "version", rows: None, expected: None }],
        contenders: vec![Contender {
            name: "plimsoll",
            absent: plimsoll.absent(),
            fresh: Box::new(|| Ok(())),
            command: Box::new(move |_, _| Ok(binary.command(&["--version"], Path::new(".")))),
            counts: no_counts,
            code: 0,
        }],
        packages: &[],
    })
}
