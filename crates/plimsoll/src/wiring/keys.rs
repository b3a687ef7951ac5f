//! The keys of a project, from where its settings say that they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use app::Workspace;
use engine::Keys;
use engine::keys::Key;
use pipeline::privacy::KeySource;

/// A file or an answer that is longer is no key. Bytes.
const LENGTH_MAX: usize = 16 << 10;

/// None where nothing is protected, so that no command runs for nothing. A key that cannot be had is known with the reason.
pub fn wanted(workspace: &Workspace) -> Keys {
    let mut columns = workspace.project.datasets.values().flat_map(|spec| &spec.contract.columns);
    if columns.all(|column| column.privacy.protection.is_none()) {
        return Keys::default();
    }
    all_keys(workspace)
}

pub fn all_keys(workspace: &Workspace) -> Keys {
    let privacy = &workspace.project.settings.privacy;
    let keys: BTreeMap<String, Result<Key, String>> =
        privacy.keys.iter().map(|(id, source)| (id.clone(), key(source, &workspace.root))).collect();
    Keys::new(privacy.key.clone(), keys)
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
