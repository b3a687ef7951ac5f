//! The digest of a change: what an approval holds for.

use crate::openspec::{Folder, Tasks};

/// What is in the folder and no part of what is approved: decisions that others note there, and what rolling back needs.
const APART: [&str; 3] = ["approval.yaml", "approvals.json", "before/"];

/// 64 hex digits over the bytes.
pub fn sha256(bytes: &[u8]) -> String {
    contract::digest(bytes).trim_start_matches("sha256:").to_owned()
}

/// Over all files of the change, their names among it. Ticking a task is no edit, any other is. The same before and after
/// archiving.
pub fn digest(folder: &Folder) -> String {
    let mut list = String::new();
    for (file, bytes) in &folder.files {
        if APART.iter().any(|apart| file == apart || (apart.ends_with('/') && file.starts_with(apart))) {
            continue;
        }
        let sum = match (file.as_str(), std::str::from_utf8(bytes)) {
            ("tasks.md", Ok(text)) => sha256(Tasks::unticked(text).as_bytes()),
            _ => sha256(bytes),
        };
        // The sum has a fixed length and is first, so no name can be mistaken for another file.
        list.push_str(&format!("{sum} {} {file}\n", file.len()));
    }
    sha256(list.as_bytes())
}
