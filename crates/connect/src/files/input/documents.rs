//! JSON documents as one object a line, while they are read: what stands between records is dropped, and so is the white
//! space within them.
//!
//! A document is an array of objects, an object, or an object around such an array; several may follow each other. The
//! object around an array is told by its first member that holds an array of objects under a name that is no column's.
//! What is not well-formed is passed on as it is, so that the reader of the lines says what is wrong with it.

use std::io::{self, Read};
use std::sync::Arc;

const BUFFER_BYTES: usize = 64 << 10;
/// An object that is longer is not waited for: it is a record.
const AROUND_BYTES_MAX: usize = 16 << 20;

pub struct Lines {
    inner: Box<dyn Read + Send>,
    columns: Arc<Vec<String>>,
    stored: Vec<u8>,
    out: Vec<u8>,
    at: usize,
    ended: bool,
    state: State,
}

/// Where the reader stands in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Around {
    /// Nothing stands around the records.
    #[default]
    Nothing,
    Array,
    /// An object with an array in it.
    Object,
    /// Behind the array in such an object: nothing there is a record.
    Rest,
}

#[derive(Default)]
struct State {
    around: Around,
    /// Open brackets, those around the records among them; `true` for objects.
    open: Vec<bool>,
    in_text: bool,
    escaped: bool,
    /// Something was written since the last line end.
    begun: bool,
    /// Where the document's first object starts in what is written, while it may still be one around records.
    first: Option<usize>,
    /// The last text among that object's own members.
    name: Vec<u8>,
    /// The name of its member whose array has just opened.
    array_of: Option<Vec<u8>>,
}

impl Lines {
    pub fn new(inner: Box<dyn Read + Send>, columns: Arc<Vec<String>>) -> Self {
        let stored = vec![0; BUFFER_BYTES];
        Self { inner, columns, stored, out: Vec::new(), at: 0, ended: false, state: State::default() }
    }

    fn more(&mut self) -> io::Result<()> {
        let read = self.inner.read(&mut self.stored)?;
        self.ended = read == 0;
        if self.at == self.out.len() {
            self.out.clear();
            self.at = 0;
            self.state.first = self.state.first.map(|_| 0);
        }
        for byte in &self.stored[..read] {
            self.state.take(*byte, &mut self.out, &self.columns);
        }
        if self.out.len() > AROUND_BYTES_MAX {
            self.state.first = None;
        }
        Ok(())
    }
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // While the first object may be one around records, what was written of it may still be taken back.
        while !self.ended && (self.at == self.out.len() || self.state.first.is_some()) {
            self.more()?;
        }
        let count = (self.out.len() - self.at).min(buffer.len());
        buffer[..count].copy_from_slice(&self.out[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

impl State {
    /// Brackets that stand around the records.
    fn depth(&self) -> usize {
        match self.around {
            Around::Nothing | Around::Rest => 0,
            Around::Array => 1,
            Around::Object => 2,
        }
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>, columns: &[String]) {
        if self.in_text {
            return self.text(byte, out);
        }
        let between = self.open.len() == self.depth();
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            // The parts of a byte order mark.
            0xEF | 0xBB | 0xBF if self.open.is_empty() && !self.begun => {}
            b'[' if self.open.is_empty() && !self.begun => {
                self.around = Around::Array;
                self.open.push(false);
            }
            b'{' | b'[' => self.opened(byte, out, columns),
            b'}' | b']' => self.closed(byte, out),
            b',' if between && self.depth() > 0 => self.line_end(out),
            _ => {
                if byte == b'"' {
                    self.in_text = true;
                    self.name.clear();
                }
                self.array_of = None;
                self.write(byte, out);
            }
        }
    }

    fn text(&mut self, byte: u8, out: &mut Vec<u8>) {
        // A raw line end in a text is not JSON; as a space it stays in its record.
        self.write(if byte == b'\n' || byte == b'\r' { b' ' } else { byte }, out);
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_text = false;
            return;
        }
        if self.first.is_some() && self.open.len() == 1 {
            self.name.push(byte);
        }
    }

    fn opened(&mut self, byte: u8, out: &mut Vec<u8>, columns: &[String]) {
        let array_of = self.array_of.take();
        match (byte, self.open.as_slice(), self.first) {
            (b'{', [], _) => {
                self.line_end(out);
                self.first = (self.around == Around::Nothing).then_some(out.len());
            }
            (b'{', [true, false], Some(first)) if array_of.is_some_and(|name| !is_column(&name, columns)) => {
                out.truncate(first);
                self.begun = false;
                self.first = None;
                self.around = Around::Object;
            }
            (b'[', [true], Some(_)) => self.array_of = Some(self.name.clone()),
            _ => {}
        }
        self.open.push(byte == b'{');
        self.write(byte, out);
    }

    fn closed(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.array_of = None;
        let around = self.depth() > 0 && self.open.len() <= self.depth();
        if !around {
            self.write(byte, out);
        }
        self.open.pop();
        match self.around {
            Around::Array if around => self.around = Around::Nothing,
            Around::Object if around => self.around = Around::Rest,
            _ => {}
        }
        if self.open.is_empty() {
            self.first = None;
            if self.around == Around::Rest {
                self.around = Around::Nothing;
            }
        }
        if self.open.len() == self.depth() {
            self.line_end(out);
        }
    }

    fn write(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.around != Around::Rest {
            out.push(byte);
            self.begun = true;
        }
    }

    fn line_end(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.begun) {
            out.push(b'\n');
        }
    }
}

fn is_column(name: &[u8], columns: &[String]) -> bool {
    columns.iter().any(|column| column.as_bytes().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
