//! The OpenSpec tree on disk: read whole, written file by file so that a crash leaves the old or the new one.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result};
use interop::openspec::{ARCHIVE, CHANGES, SPECS, Tree};

/// A larger file belongs to nobody's change, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Files that are read at most.
const FILES_MAX: usize = 50_000;

/// How much of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Specs,
    /// Specs and applied changes.
    Archive,
    All,
}

/// Symbolic links are not followed, as OpenSpec does not follow them.
pub fn load(root: &Path, part: Part) -> Result<Tree> {
    let folders: &[&str] = match part {
        Part::Specs => &[SPECS],
        Part::Archive => &[SPECS, ARCHIVE],
        Part::All => &[SPECS, CHANGES],
    };
    let mut tree = Tree::default();
    let mut pending: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    while let Some(relative) = pending.pop() {
        let entries = match std::fs::read_dir(root.join(&relative)) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(failed("read", &root.join(&relative), e)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| failed("read", &root.join(&relative), e))?;
            let path = relative.join(entry.file_name());
            let kind = entry.file_type().map_err(|e| failed("read", &root.join(&path), e))?;
            if kind.is_dir() {
                pending.push(path);
            } else if kind.is_file() && tree.files.len() < FILES_MAX && !is_scratch(&path) {
                let name =
                    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
                tree.files.insert(name, read(&root.join(&path))?);
            }
        }
    }
    Ok(tree)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let size = std::fs::metadata(path).map_err(|e| failed("read", path, e))?.len();
    if size > FILE_BYTES_MAX {
        let message = format!("the file has {size} bytes, more than the {FILE_BYTES_MAX} that are read");
        return Err(Error::new(Kind::Input, message)
            .at(path.display().to_string())
            .help("keep it outside of openspec/"));
    }
    std::fs::read(path).map_err(|e| failed("read", path, e))
}

const SCRATCH: &str = ".plimsoll-new";

fn is_scratch(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(SCRATCH))
}

/// Writes beside the file and renames, so that nobody ever reads half of it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| failed("write", folder, e))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder.join(format!(".{name}{SCRATCH}"));
    let written = File::create(&beside).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.and_then(|()| std::fs::rename(&beside, path)).map_err(|e| failed("write", path, e))?;
    sync(folder);
    Ok(())
}

/// Removes a file if it is there, and the folders that it leaves empty, up to `top`.
pub(super) fn remove(path: &Path, top: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed("remove", path, e)),
        _ => {}
    }
    let above = path.ancestors().skip(1).take_while(|folder| *folder != top && folder.starts_with(top));
    for folder in above {
        if std::fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// Makes a rename in the folder last; a system that cannot is not worth failing for.
pub(super) fn sync(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

pub(super) fn failed(what: &str, path: &Path, e: std::io::Error) -> Error {
    Error::new(Kind::Refused, format!("cannot {what} the file: {e}")).at(path.display().to_string())
}

/// One process at a time works on the tree; the lock ends with the process.
pub(super) struct Lock(#[allow(dead_code)] File);

impl Lock {
    pub fn take(root: &Path) -> Result<Self> {
        const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
        let path = root.join(".plimsoll/change.lock");
        std::fs::create_dir_all(root.join(".plimsoll")).map_err(|e| failed("make", &path, e))?;
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|e| failed("open", &path, e))?;
        let started = std::time::Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(std::fs::TryLockError::WouldBlock) if started.elapsed() < PATIENCE => {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                }
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(Error::new(Kind::Conflict, "another process is changing the contracts")
                        .help("try again when it has ended"));
                }
                Err(std::fs::TryLockError::Error(e)) => return Err(failed("lock", &path, e)),
            }
        }
    }
}
