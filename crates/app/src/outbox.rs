//! Messages that wait on disk until everybody has taken them, in order, each at least once.
//!
//! | file | holds |
//! | --- | --- |
//! | `waiting.ndjson` | a message a line, with the number of the ledger's event that it tells |
//! | `entered.json` | up to which event messages were made, and that event's hash |
//! | `delivered.json` | for each recipient the number of the last message that it took |
//! | `refused.ndjson` | messages that a recipient refused for good, and why |
//!
//! Nothing here is the truth: that is the ledger. Whatever a crash takes away is made again from it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

/// A message and the event that it tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub seq: u64,
    pub message: serde_json::Value,
}

/// How far messages were made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    pub seq: u64,
    /// Of that event: another hash is another ledger.
    pub hash: String,
}

/// The folder. Who enters and who delivers lock each other out, but not one another's kind of work.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Held while messages are entered; waits for others.
    pub fn lock_entering(&self) -> Result<File> {
        let file = self.lock_file("entering.lock")?;
        file.lock().map_err(|e| self.refused("lock", &e))?;
        Ok(file)
    }

    /// Held while messages are delivered; `None` when somebody else delivers.
    pub fn lock_delivering(&self) -> Result<Option<File>> {
        let file = self.lock_file("delivering.lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(e)) => Err(self.refused("lock", &e)),
        }
    }

    fn lock_file(&self, name: &str) -> Result<File> {
        std::fs::create_dir_all(&self.folder).map_err(|e| self.refused("make", &e))?;
        let options = OpenOptions::new().create(true).truncate(false).write(true).open(self.path(name));
        options.map_err(|e| self.refused("open", &e))
    }

    /// `None` before the first message was made. What stands in the file counts, also when a crash came before it was noted.
    pub fn entered(&self) -> Result<Option<Entered>> {
        self.read("entered.json")
    }

    /// Adds messages and notes how far they go. A line that a crash cut off is taken away first: its event is told again.
    pub fn enter(&self, messages: &[Message], entered: &Entered) -> Result<()> {
        if !messages.is_empty() {
            let refused = |e: std::io::Error| self.refused("write", &e);
            let path = self.path("waiting.ndjson");
            let mut file =
                OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(refused)?;
            let whole = whole_lines(&mut file).map_err(refused)?;
            file.set_len(whole).map_err(refused)?;
            file.seek(SeekFrom::Start(whole)).map_err(refused)?;
            let mut text = String::new();
            for message in messages {
                text.push_str(&json(message)?);
                text.push('\n');
            }
            file.write_all(text.as_bytes()).map_err(refused)?;
            file.sync_data().map_err(refused)?;
        }
        self.write("entered.json", &json(entered)?)
    }

    /// Begins again with another ledger: what waited of the old one is still delivered, and its numbers count no more.
    pub fn begin(&self, entered: &Entered) -> Result<()> {
        self.write("entered.json", &json(entered)?)
    }

    /// Messages behind what a recipient has taken, in the order in which they were entered, and the line of each.
    pub fn waiting(&self, taken: u64) -> Result<Vec<(u64, Message)>> {
        let file = match File::open(self.path("waiting.ndjson")) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(self.refused("read", &e)),
        };
        let mut waiting = Vec::new();
        let mut lines = BufReader::new(file);
        let mut text = String::new();
        let mut number = 0;
        loop {
            text.clear();
            let read = lines.read_line(&mut text).map_err(|e| self.refused("read", &e))?;
            // A line without its end is still being written.
            if read == 0 || !text.ends_with('\n') {
                return Ok(waiting);
            }
            number += 1;
            if number > taken
                && let Ok(message) = serde_json::from_str(&text)
            {
                waiting.push((number, message));
            }
        }
    }

    /// For each recipient the number of the line that it took last.
    pub fn delivered(&self) -> Result<BTreeMap<String, u64>> {
        Ok(self.read("delivered.json")?.unwrap_or_default())
    }

    pub fn note_delivered(&self, delivered: &BTreeMap<String, u64>) -> Result<()> {
        self.write("delivered.json", &json(delivered)?)
    }

    pub fn refuse(&self, recipient: &str, message: &Message, why: &str) -> Result<()> {
        let line =
            serde_json::json!({ "recipient": recipient, "why": why, "seq": message.seq, "message": message.message });
        let refused = |e: std::io::Error| self.refused("write", &e);
        let path = self.path("refused.ndjson");
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(refused)?;
        file.write_all(format!("{line}\n").as_bytes()).map_err(refused)?;
        file.sync_data().map_err(refused)
    }

    /// Forgets what all have taken. Only while nobody enters or delivers.
    pub fn tidy(&self, recipients: &[&str]) -> Result<()> {
        let delivered = self.delivered()?;
        let least =
            recipients.iter().map(|name| delivered.get(*name).copied().unwrap_or_default()).min().unwrap_or_default();
        if least == 0 || !self.waiting(least)?.is_empty() {
            return Ok(());
        }
        // Numbers first: a crash in between makes old lines be delivered again, and none be lost.
        self.note_delivered(&BTreeMap::new())?;
        let path = self.path("waiting.ndjson");
        File::create(&path).and_then(|file| file.sync_data()).map_err(|e| self.refused("empty", &e))
    }

    fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        match std::fs::read_to_string(self.path(name)) {
            // What cannot be read is made again.
            Ok(text) => Ok(serde_json::from_str(&text).ok()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.refused("read", &e)),
        }
    }

    /// In one step: a reader sees the old text or the new one.
    fn write(&self, name: &str, text: &str) -> Result<()> {
        let (path, new) = (self.path(name), self.path(&format!("{name}.new")));
        let write = |new: &Path| -> std::io::Result<()> {
            let mut file = File::create(new)?;
            file.write_all(text.as_bytes())?;
            file.sync_data()?;
            std::fs::rename(new, &path)
        };
        write(&new).map_err(|e| self.refused("write", &e))
    }

    fn refused(&self, what: &str, error: &std::io::Error) -> Error {
        Error::new(Kind::Refused, format!("cannot {what} the outbox: {error}")).at(self.folder.display().to_string())
    }
}

/// How many bytes the whole lines take.
fn whole_lines(file: &mut File) -> std::io::Result<u64> {
    use std::io::Read;
    const PIECE: u64 = 64 << 10;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let start = end.saturating_sub(PIECE);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        Read::take(&mut *file, end - start).read_to_end(&mut bytes)?;
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::new(Kind::Bug, format!("a message is not JSON: {e}")))
}

#[cfg(test)]
mod tests;
