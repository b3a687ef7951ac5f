//! A project as it was at a revision of its git repository: read from git's objects, whatever lies in the folder.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use engine::{Error, Kind, Result};

use crate::Workspace;
use crate::workspace::Texts;

/// More files than this, or a longer one, are no project's.
const FILES_MAX: usize = 200_000;
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Reads the project in the folder `root` as it was at a revision: a commit, tag or branch.
pub fn workspace(root: &Path, revision: &str) -> Result<Workspace> {
    let commit = commit(root, revision)?;
    let listed = listed(root, &commit)?;
    if !listed.iter().any(|(path, _)| path == crate::workspace::SETTINGS) {
        return Err(Error::new(Kind::Input, format!("there is no project here at `{revision}`"))
            .at(root.display().to_string())
            .help(format!("at that revision the folder has no {}", crate::workspace::SETTINGS)));
    }
    Workspace::of_texts(root, Texts::of_files(contents(root, listed)?))
}

/// The repository that a folder is in, if it is in one and git is there.
pub(crate) fn repository(root: &Path) -> Option<interop::openlineage::Repository> {
    let said = |args: &[&str]| {
        let output = git(root).args(args).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
    };
    said(&["rev-parse", "--is-inside-work-tree"]).filter(|inside| inside == "true")?;
    Some(interop::openlineage::Repository {
        url: said(&["remote", "get-url", "origin"]).map(|url| without_secrets(&url)),
        commit: said(&["rev-parse", "HEAD"]),
        branch: said(&["branch", "--show-current"]),
        folder: said(&["rev-parse", "--show-prefix"]).unwrap_or_default(),
    })
}

/// `https://name:token@host/path` without what stands before the host.
fn without_secrets(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            format!("{scheme}://{}/{path}", host.rsplit('@').next().unwrap_or(host))
        }
        None => url.to_owned(),
    }
}

fn git(root: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).stdin(Stdio::null()).stderr(Stdio::piped());
    // A repository is read, never changed, and never asks.
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command
}

fn output(root: &Path, args: &[&str], wrong: impl Fn(&str) -> Error) -> Result<Vec<u8>> {
    let output = git(root).args(args).output().map_err(|error| no_git(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(wrong(said.lines().next().unwrap_or_default().trim_start_matches("fatal: ")))
}

fn no_git(error: &std::io::Error) -> Error {
    Error::new(Kind::Input, format!("git cannot be started: {error}")).help("revisions are read with git: install it")
}

fn commit(root: &Path, revision: &str) -> Result<String> {
    let wrong = |said: &str| {
        let message = if said.contains("not a git repository") {
            "the project is not in a git repository".to_owned()
        } else {
            format!("git knows no revision `{revision}`")
        };
        Error::new(Kind::Input, message)
            .at(root.display().to_string())
            .help("name a commit, tag or branch, as in main or HEAD~3")
    };
    let name = format!("{revision}^{{commit}}");
    let found = output(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &name], wrong)?;
    Ok(String::from_utf8_lossy(&found).trim().to_owned())
}

/// Path in the project and object, of the files that a project reads.
fn listed(root: &Path, commit: &str) -> Result<Vec<(String, String)>> {
    let wrong = |said: &str| Error::new(Kind::Outside, format!("git cannot list the files: {said}"));
    let found = output(root, &["ls-tree", "-r", "-z", commit], wrong)?;
    let mut files = Vec::new();
    for line in found.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let line = String::from_utf8_lossy(line);
        let Some((head, path)) = line.split_once('\t') else { continue };
        let parts: Vec<&str> = head.split(' ').collect();
        // Links and modules have no text of their own.
        if let [mode, "blob", object] = parts.as_slice()
            && mode.starts_with("100")
            && Texts::wants(path)
        {
            files.push((path.to_owned(), (*object).to_owned()));
        }
    }
    if files.len() > FILES_MAX {
        return Err(Error::new(Kind::Input, format!("the project has more than {FILES_MAX} files")));
    }
    Ok(files)
}

/// One process gives all texts; the names are written while the texts are read, so that neither side waits for the other.
fn contents(root: &Path, files: Vec<(String, String)>) -> Result<BTreeMap<String, Vec<u8>>> {
    let failed = |error: std::io::Error| Error::new(Kind::Outside, format!("git did not give the files: {error}"));
    let mut child = git(root)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| no_git(&error))?;
    let read = exchange(&mut child, &files).map_err(failed);
    let _ = child.kill();
    let _ = child.wait();
    read
}

fn exchange(child: &mut Child, files: &[(String, String)]) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let (Some(mut asked), Some(told)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(std::io::Error::other("it has no pipes"));
    };
    std::thread::scope(|scope| {
        let asking = scope.spawn(move || {
            for (_, object) in files {
                writeln!(asked, "{object}")?;
            }
            asked.flush()
        });
        let mut told = BufReader::new(told);
        let mut texts = BTreeMap::new();
        for (path, object) in files {
            let mut head = String::new();
            told.read_line(&mut head)?;
            let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
            let size = size.filter(|_| head.starts_with(object.as_str()) && head.contains(" blob "));
            let size = size.ok_or_else(|| std::io::Error::other(format!("{path} is missing: {}", head.trim_end())))?;
            if size > FILE_BYTES_MAX {
                return Err(std::io::Error::other(format!("{path} is longer than {} MB", FILE_BYTES_MAX >> 20)));
            }
            let mut bytes = Vec::new();
            told.by_ref().take(size).read_to_end(&mut bytes)?;
            let mut end = [0];
            told.read_exact(&mut end)?;
            texts.insert(path.clone(), bytes);
        }
        asking.join().map_err(|_| std::io::Error::other("the asking thread died"))??;
        Ok(texts)
    })
}
