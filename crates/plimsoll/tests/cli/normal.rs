//! What differs from run to run (ids, times, rates, folders) replaced by something that does not, in place and of the same width
//! where a table's columns depend on it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::project::{Output, Project};

/// Text for people.
pub fn screen(project: &Project, output: &Output) -> String {
    let mut text = format!("exit code {}\n", output.code.unwrap());
    for (name, part) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !part.is_empty() {
            text.push_str(&format!("--- {name}\n{part}"));
        }
    }
    let text = numbered(&text.replace(&project.root().display().to_string(), "<project>"));
    let text = text.lines().map(str::to_owned).collect::<Vec<_>>();
    let text = aligned(text).join("\n");
    let text = replace(&text, &DURATION, "0.00 s");
    replace(&text, &RATE, "0 k/s")
}

/// A JSON document.
pub fn document(project: &Project, text: &str) -> String {
    let text = numbered(&text.replace(&project.root().display().to_string(), "<project>"));
    replace(&text, &MEASURED, "\"$1\": 0")
}

static MEASURED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""(seconds|bytes|[a-z]+_ms)": [0-9.e-]+"#).unwrap());
static DURATION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d+(\.\d\d s\b| ms\b| min \d\d s\b)").unwrap());
static RATE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d+(\.\d)? ?[kM]?/s").unwrap());
static MOMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\b").unwrap());
static RUN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b").unwrap());
static GATE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b([a-z_]+)-[0-9a-f]{8}\b").unwrap());
static DIGEST: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bsha256:[0-9a-f]{64}\b").unwrap());

fn replace(text: &str, pattern: &Regex, by: &str) -> String {
    pattern.replace_all(text, by).into_owned()
}

/// Runs are numbered in the order in which they occur; gates, digests and moments are all alike.
fn numbered(text: &str) -> String {
    let mut runs: BTreeMap<String, usize> = BTreeMap::new();
    let text = RUN.replace_all(text, |found: &Captures<'_>| {
        let next = runs.len() + 1;
        format!("00000000-0000-7000-8000-{:012}", runs.entry(found[0].to_owned()).or_insert(next))
    });
    let text = replace(&text, &DIGEST, "sha256:<digest>");
    let text = replace(&text, &GATE, "$1-00000000");
    replace(&text, &MOMENT, "2024-01-01 00:00:00")
}

/// The table of a run, or of runs: the columns of time and rate are as wide as what was measured, so they are laid out anew.
fn aligned(lines: Vec<String>) -> Vec<String> {
    let measured = |line: &String| line.contains(" time") && (line.contains(" refused ") || line.contains(" outcome"));
    let Some(head) = lines.iter().position(measured) else { return lines };
    let end = |word: &str| lines[head].find(word).map(|place| place + word.len());
    let table: Vec<String> = lines[head..].iter().take_while(|line| !line.is_empty()).cloned().collect();
    let below = head + table.len();
    // The right one first, so that the other's place still holds.
    let table = end(" rows/s").map_or(table.clone(), |end| fixed(&table, end));
    let table = end(" time").map_or(table.clone(), |end| fixed(&table, end));
    let mut done: Vec<String> = lines[..head].to_vec();
    done.extend(table);
    done.extend(lines[below..].iter().cloned());
    done
}

/// The right-aligned column that ends at this character, six characters wide and with `*` for what was measured.
fn fixed(table: &[String], end: usize) -> Vec<String> {
    let rows: Vec<Vec<char>> = table.iter().map(|row| format!("{row:end$}").chars().collect()).collect();
    let width =
        |row: &Vec<char>| row[..end].windows(2).rposition(|pair| pair == [' ', ' ']).map_or(0, |gap| end - gap - 2);
    let width = rows.iter().map(width).max().unwrap_or(0);
    let text = |part: &[char]| part.iter().collect::<String>();
    let anew = rows.iter().enumerate().map(|(index, row)| {
        let cell = text(&row[end - width..end]);
        let cell = if index == 0 || cell.trim().is_empty() { cell.trim().to_owned() } else { "*".to_owned() };
        format!("{}{cell:>6}{}", text(&row[..end - width]), text(&row[end..])).trim_end().to_owned()
    });
    anew.collect()
}
