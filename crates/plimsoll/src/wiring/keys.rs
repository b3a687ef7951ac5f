//! The keys of a project, from where its settings say that they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use app::Workspace;
use engine::Keys;
use engine::keys::Key;
use pipeline::privacy::{KeySource, PrivacySettings};
use pipeline::read::ProjectFiles;

/// A file or an answer that is longer is no key. Bytes.
const LENGTH_MAX: usize = 16 << 10;

/// Each is fetched when a value is first protected or opened with it, so that no command runs for nothing.
pub fn keys(workspace: &Workspace) -> Keys {
    of(&workspace.project.settings.privacy, &workspace.root)
}

/// Of the project that the current folder is in, for what looks at data without a project; none where there is none.
pub fn nearby() -> Keys {
    let root = std::env::current_dir().ok().and_then(|folder| app::find_root(&folder).ok());
    let Some(root) = root else { return Keys::default() };
    let Ok(text) = std::fs::read_to_string(root.join("plimsoll.toml")) else { return Keys::default() };
    let files = ProjectFiles { settings: Some(("plimsoll.toml".to_owned(), text)), ..ProjectFiles::default() };
    let (project, _) = pipeline::read::read(&files, &BTreeMap::new());
    of(&project.settings.privacy, &root)
}

fn of(privacy: &PrivacySettings, root: &Path) -> Keys {
    let (sources, root) = (privacy.keys.clone(), root.to_owned());
    let ids: Vec<String> = sources.keys().cloned().collect();
    Keys::fetched(privacy.key.clone(), ids, move |id| match sources.get(id) {
        Some(source) => key(source, &root),
        None => Err("it is not declared".to_owned()),
    })
}

/// What is wrong is told without what was read.
fn key(source: &KeySource, root: &Path) -> Result<Key, String> {
    match source {
        KeySource::Environment(name) => {
            let text = std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))?;
            Key::parse(&text).map_err(|why| format!("of the environment variable {name}, {why}"))
        }
        KeySource::File(path) => {
            let path = root.join(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|e| format!("the file {} cannot be read: {}", path.display(), e.kind()))?;
            Key::parse(&text).map_err(|why| format!("of the file {}, {why}", path.display()))
        }
        KeySource::Command(command) => {
            let output = Command::new("sh")
                .args(["-c", command])
                .current_dir(root)
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .output()
                .map_err(|e| format!("the command `{command}` cannot be run: {}", e.kind()))?;
            if !output.status.success() {
                return Err(format!("the command `{command}` ended with {}", output.status));
            }
            let answer = output.stdout.get(..LENGTH_MAX).unwrap_or(&output.stdout);
            let text = std::str::from_utf8(answer).map_err(|_| format!("the command `{command}` gave no text"))?;
            Key::parse(text).map_err(|why| format!("of the command `{command}`, {why}"))
        }
    }
}
