//! The pin: a fenced block in a requirement that says which contract is approved, down to its bytes.
//!
//! ````text
//! ```yaml contract
//! contract: urn:datacontract:shop:orders     the contract's id
//! file: orders.odcs.yaml                     beside spec.md
//! version: 2.0.0
//! sha256: 58a0…                              over the file's bytes
//! supersedes: 1f3c…                          the sha256 that was pinned when this was written
//! ```
//! ````

use contract::{Diagnostic, Span, syntax};

use super::lines::{Line, lines};
use super::requirement::Requirement;
use crate::codes;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    pub contract: String,
    /// A file name beside `spec.md`.
    pub file: String,
    pub version: String,
    /// 64 hex digits.
    pub sha256: String,
    pub supersedes: Option<String>,
}

/// A pin and the requirement that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub pin: Pin,
    pub requirement: String,
    /// Of the requirement's header.
    pub line: u32,
}

/// All pins of these requirements, and what is wrong with those that cannot be understood.
pub fn pins(requirements: &[Requirement]) -> (Vec<Found>, Vec<Diagnostic>) {
    let (mut pins, mut wrong) = (Vec::new(), Vec::new());
    for requirement in requirements {
        for (_, text) in blocks(&requirement.body) {
            match read(&text) {
                Ok(pin) => pins.push(Found { pin, requirement: requirement.name.clone(), line: requirement.line }),
                Err(why) => {
                    let span = Span { line: requirement.line, column: 1, ..Span::default() };
                    let message = format!("the pin of requirement `{}` cannot be read: {why}", requirement.name);
                    let help = "a pin has the lines contract, file, version and sha256";
                    wrong.push(codes::PIN_BROKEN.at(span, message).with_help(help));
                }
            }
        }
    }
    (pins, wrong)
}

/// The body with this pin in the place of the one for the same file; `None` when it has none.
pub fn with_pin(body: &str, pin: &Pin) -> Option<String> {
    let (at, _) = blocks(body).into_iter().find(|(_, text)| read(text).is_ok_and(|old| old.file == pin.file))?;
    let lines = lines(body);
    let mut out: Vec<&str> = lines[..at.0].iter().map(|line| line.text).collect();
    let block = pin.block();
    out.push(&block);
    out.extend(lines[at.1 + 1..].iter().map(|line| line.text));
    Some(out.join("\n"))
}

impl Pin {
    /// The fenced block, without a final line end.
    pub fn block(&self) -> String {
        let mut text = String::from("```yaml contract\n");
        let supersedes = self.supersedes.iter().map(|digest| ("supersedes", digest));
        let fields =
            [("contract", &self.contract), ("file", &self.file), ("version", &self.version), ("sha256", &self.sha256)];
        for (name, value) in fields.into_iter().chain(supersedes) {
            text.push_str(&format!("{name}: {}\n", scalar(value)));
        }
        text + "```"
    }
}

/// Plain where YAML reads it back as the same text on one line, else in double quotes.
fn scalar(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.ends_with(':');
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// The index of the first and last line of each pin's block, and the text between.
fn blocks(body: &str) -> Vec<((usize, usize), String)> {
    let lines = lines(body);
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if !lines[at].fenced {
            at += 1;
            continue;
        }
        let end = last_of_block(&lines, at);
        let words: Vec<&str> = lines[at].text.trim().trim_start_matches(['`', '~']).split_whitespace().collect();
        if matches!(words.as_slice(), ["yaml" | "yml", "contract"]) {
            let inner = lines.get(at + 1..end).unwrap_or_default();
            blocks.push(((at, end), inner.iter().map(|line| line.text).collect::<Vec<_>>().join("\n")));
        }
        at = end + 1;
    }
    blocks
}

fn last_of_block(lines: &[Line<'_>], start: usize) -> usize {
    let Some(fence) = super::lines::Fence::opened_by(lines[start].text) else { return start };
    let closes = |line: &Line<'_>| fence.is_closed_by(line.text);
    lines.iter().skip(start + 1).position(closes).map_or(lines.len() - 1, |more| start + 1 + more)
}

fn read(text: &str) -> Result<Pin, String> {
    let parsed = syntax::parse(text);
    if let Some(first) = parsed.diagnostics.iter().find(|found| found.is_error()) {
        return Err(first.message.clone());
    }
    let root = parsed.root.filter(syntax::Node::is_map).ok_or("it is not a map of fields")?;
    let field = |name: &str| root.get(name).filter(|node| !node.is_null()).and_then(|node| node.scalar());
    let needed = |name: &str| {
        field(name)
            .map(|scalar| scalar.text.clone())
            .filter(|text| !text.is_empty())
            .ok_or(format!("`{name}` is missing"))
    };
    let pin = Pin {
        contract: needed("contract")?,
        file: needed("file")?,
        version: needed("version")?,
        sha256: needed("sha256")?.to_ascii_lowercase(),
        supersedes: field("supersedes").map(|scalar| scalar.text.to_ascii_lowercase()),
    };
    if pin.file.contains(['/', '\\']) || pin.file.starts_with('.') {
        return Err(format!("`file` is a name beside spec.md, not the path `{}`", pin.file));
    }
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    for digest in std::iter::once(&pin.sha256).chain(&pin.supersedes) {
        if !is_digest(digest) {
            return Err(format!("`{digest}` is no sha256: that has 64 hexadecimal digits"));
        }
    }
    Ok(pin)
}
