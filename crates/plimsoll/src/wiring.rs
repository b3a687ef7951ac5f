//! The concrete engine, sources and ledger, put together for a project.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::{App, Workspace};
use connect::Files;
use connect::deliver::{Lines, Post};
use engine::{Error, Kind, Recipient, Result};
use ledger::Ledger;
use local::{DataTester, Local, Options, TesterOptions};

use crate::args::Args;

mod keys;

pub use keys::keys;

pub fn workspace(args: &Args) -> Result<Workspace> {
    let root = root(args)?;
    Workspace::load(&root)
}

/// Ends what another process began and did not end, which stands before everything else. Returns the change that it was.
pub fn settle(args: &Args) -> Result<Option<String>> {
    let Ok(root) = root(args) else { return Ok(None) };
    if !app::changes::is_interrupted(&root) {
        return Ok(None);
    }
    let workspace = Workspace::load(&root)?;
    app::changes::recover(&root, &mut ledger(&workspace)?)
}

/// As [`workspace`], with what the ledger says about the contracts in force.
pub fn vouched(args: &Args) -> Result<Workspace> {
    let mut workspace = workspace(args)?;
    match ledger_there(&workspace)? {
        Some(mut ledger) => app::changes::vouch(&mut workspace, &mut ledger)?,
        None => app::changes::vouch_anew(&mut workspace)?,
    }
    Ok(workspace)
}

/// The same for whoever only looks: where the ledger cannot be asked, that is told.
pub fn looked_at(args: &Args) -> Result<Workspace> {
    let mut workspace = workspace(args)?;
    let asked = ledger_there(&workspace).and_then(|ledger| match ledger {
        Some(mut ledger) => app::changes::vouch(&mut workspace, &mut ledger),
        None => app::changes::vouch_anew(&mut workspace),
    });
    if let Err(error) = asked {
        app::changes::unvouched(&mut workspace, &error);
    }
    Ok(workspace)
}

/// What became of changes, as far as this project's ledger knows.
pub fn history(root: &Path) -> Result<pipeline::change::History> {
    match ledger_there(&Workspace::load(root)?)? {
        Some(mut ledger) => ledger.changes(),
        None => Ok(pipeline::change::History::default()),
    }
}

/// The ledger, unless it is a file that nobody has made yet.
fn ledger_there(workspace: &Workspace) -> Result<Option<Ledger>> {
    let location = ledger::Location::parse(&expanded(&workspace.project.settings.ledger)?, &workspace.root)?;
    match &location {
        ledger::Location::Sqlite(path) if !path.exists() => Ok(None),
        _ => Ledger::open_at(&location).map(Some),
    }
}

pub fn ledger(workspace: &Workspace) -> Result<Ledger> {
    Ledger::open(&expanded(&workspace.project.settings.ledger)?, &workspace.root)
}

/// The project's folder.
pub fn root(args: &Args) -> Result<PathBuf> {
    let start = match &args.project {
        Some(folder) => folder.clone(),
        None => {
            std::env::current_dir().map_err(|e| Error::new(Kind::Input, format!("there is no current folder: {e}")))?
        }
    };
    app::find_root(&start)
}

pub fn app(workspace: Workspace) -> Result<Arc<App>> {
    let settings = &workspace.project.settings;
    let environment = |name: &str| std::env::var(name).ok();
    let options = Options {
        memory: usize::try_from(settings.memory).unwrap_or(usize::MAX),
        partitions: streams(settings.memory),
        concurrency: settings.concurrency,
        spill: spill(&workspace.root)?,
        store: resolved(&settings.store)?,
        keys: keys(&workspace),
    };
    let source = Files::new(&workspace.root, &settings.store, &environment).with_chunk_bytes(options.chunk_bytes());
    let source = Arc::new(source);
    let engine = Arc::new(Local::new(options, source.clone())?);
    let ledger = ledger(&workspace)?;
    let recipients = recipients(&workspace)?;
    Ok(App::new(workspace, engine, source, ledger, recipients))
}

/// Whom lineage is told, as the settings say.
fn recipients(workspace: &Workspace) -> Result<Vec<Arc<dyn Recipient>>> {
    let settings = &workspace.project.settings.openlineage;
    let mut recipients: Vec<Arc<dyn Recipient>> = Vec::new();
    if let Some(file) = &settings.file {
        recipients.push(Arc::new(Lines::new(workspace.root.join(expanded(file)?))));
    }
    if let Some(url) = &settings.url {
        let key = settings.key.as_deref().map(expanded).transpose()?;
        recipients.push(Arc::new(Post::new(&expanded(url)?, key, Duration::from_millis(settings.timeout_ms))?));
    }
    Ok(recipients)
}

/// Streams per stage: one per core, where each has some memory to work with.
fn streams(memory: u64) -> usize {
    const MEMORY_EACH: u64 = 64 << 20;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    usize::try_from(memory / MEMORY_EACH).unwrap_or(cores).clamp(1, cores)
}

/// What tests data without a project; relative paths are relative to the current folder.
pub fn tester(store: &BTreeMap<String, String>, memory: usize) -> (Arc<Files>, DataTester) {
    let environment = |name: &str| std::env::var(name).ok();
    let options = TesterOptions {
        memory,
        partitions: streams(memory as u64),
        spill: std::env::temp_dir(),
        store: store.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        keys: keys::nearby(),
    };
    let files = Files::new(Path::new(""), store, &environment).with_chunk_bytes(options.chunk_bytes());
    let files = Arc::new(files);
    (files.clone(), DataTester::new(options, files))
}

/// What looks at the data of a project; paths are relative to it.
pub fn inspector(workspace: &Workspace) -> Result<DataTester> {
    let settings = &workspace.project.settings;
    let environment = |name: &str| std::env::var(name).ok();
    let files = Arc::new(Files::new(&workspace.root, &settings.store, &environment));
    let memory = usize::try_from(settings.memory).unwrap_or(usize::MAX);
    let options = TesterOptions {
        memory: memory / 2,
        partitions: streams(settings.memory),
        spill: spill(&workspace.root)?,
        store: resolved(&settings.store)?,
        keys: keys(workspace),
    };
    Ok(DataTester::new(options, files))
}

/// Where the engine puts what does not fit in memory.
fn spill(root: &Path) -> Result<PathBuf> {
    let folder = root.join(".plimsoll/spill");
    std::fs::create_dir_all(&folder).map_err(|e| {
        Error::new(Kind::Refused, format!("cannot make the spill folder: {e}")).at(folder.display().to_string())
    })?;
    Ok(folder)
}

/// `${NAME}` stands for an environment variable, so that secrets stay out of the file.
fn expanded(text: &str) -> Result<String> {
    let mut rest = text;
    let mut expanded = String::new();
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, more)) = after.split_once('}') else { break };
        let value = std::env::var(name).map_err(|_| {
            Error::new(Kind::Input, format!("the environment variable {name} is not set")).at("plimsoll.toml")
        })?;
        expanded.push_str(before);
        expanded.push_str(&value);
        rest = more;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn resolved(store: &BTreeMap<String, String>) -> Result<HashMap<String, String>> {
    store.iter().map(|(name, value)| Ok((name.clone(), expanded(value)?))).collect()
}
