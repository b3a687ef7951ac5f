//! Where a process puts what does not fit in memory: a folder of its own that goes with it. What a killed process left there is
//! taken away by the next one; that its lock can be taken shows that it is dead.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result};

/// In the parent folder: held while folders come and go. In a process's folder: held as long as it lives.
const LOCK: &str = ".lock";

pub(crate) struct Scratch {
    pub folder: PathBuf,
    _lock: File,
}

impl Scratch {
    pub fn claim(parent: &Path) -> Result<Self> {
        claim(parent).map_err(|e| {
            Error::new(Kind::Refused, format!("cannot make a folder for what does not fit in memory: {e}"))
                .at(parent.display().to_string())
                .help("check who may write there, and that the disk is not full")
        })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn claim(parent: &Path) -> io::Result<Scratch> {
    std::fs::create_dir_all(parent)?;
    let gate = lock_file(&parent.join(LOCK))?;
    gate.lock()?;
    for entry in std::fs::read_dir(parent)? {
        let folder = entry?.path();
        if folder.is_dir() && dead(&folder) {
            // What cannot be taken away now is taken away another time.
            let _ = std::fs::remove_dir_all(&folder);
        }
    }
    let folder = parent.join(uuid::Uuid::now_v7().to_string());
    std::fs::create_dir(&folder)?;
    let lock = lock_file(&folder.join(LOCK))?;
    lock.lock()?;
    Ok(Scratch { folder, _lock: lock })
}

fn lock_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path)
}

fn dead(folder: &Path) -> bool {
    lock_file(&folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests;
