//! Commands that the pages show exist: every `$ plimsoll …` in a block marked `console` names verbs and options of the binary.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Finding, Tree};

/// The binary's command line as types, in this file and those of the folder beside it: the only list of its verbs.
const ARGUMENTS: &str = "crates/plimsoll/src/args";
/// How a shown command begins, in this repository and after installing.
const BEGINNINGS: [&str; 2] = ["$ plimsoll", "$ cargo run --release -p plimsoll --"];
/// Options before the verb that take a value.
const VALUED: [&str; 3] = ["-C", "--project", "--color"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let arguments: Vec<&str> =
        tree.files.iter().filter(|file| is_arguments(&file.path)).map(|file| file.text.as_str()).collect();
    if arguments.is_empty() {
        return Vec::new();
    }
    let known = Known::read(&arguments.join("\n"));
    let mut findings = Vec::new();
    for page in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        let mut console = false;
        for (number, line) in page.lines() {
            if let Some(mark) = line.trim_start().strip_prefix("```") {
                console = mark.trim() == "console";
            } else if console && let Some(command) = command(line) {
                findings.extend(known.wrong(command).map(|wrong| page.finding(number, wrong)));
            }
        }
    }
    findings
}

fn is_arguments(path: &str) -> bool {
    path.strip_prefix(ARGUMENTS).is_some_and(|rest| rest == ".rs" || (rest.starts_with('/') && rest.ends_with(".rs")))
}

/// What stands behind the program's name; `None` for output and other programs.
fn command(line: &str) -> Option<&str> {
    let rest = BEGINNINGS.iter().find_map(|beginning| line.trim_start().strip_prefix(beginning))?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.split(" #").next().unwrap_or_default().trim())
}

/// The command line, as far as its source tells.
#[derive(Debug, Default)]
struct Known {
    /// By the enum's name: the words of its variants, and the enum of the verbs below each, if there is one.
    verbs: BTreeMap<String, BTreeMap<String, Option<String>>>,
    options: BTreeSet<String>,
}

impl Known {
    /// Reads enums whose name ends in `Verb`, and the names of all fields, in the form in which rustfmt leaves them.
    fn read(source: &str) -> Self {
        let mut known = Self { options: ["help", "version"].map(str::to_owned).into(), ..Self::default() };
        let mut of: Option<&str> = None;
        let mut variant = String::new();
        for line in source.lines() {
            let indent = line.len() - line.trim_start().len();
            let text = line.trim();
            if indent == 0 {
                let name = text.strip_prefix("pub enum ").and_then(|rest| rest.split(' ').next());
                of = name.filter(|name| name.ends_with("Verb"));
            }
            known
                .options
                .extend(text.split("long = \"").skip(1).filter_map(|rest| Some(rest.split('"').next()?.to_owned())));
            if let Some((field, _)) = text.split_once(": ").filter(|_| !text.starts_with("//")) {
                known.options.insert(field.trim_start_matches("pub ").replace('_', "-"));
            }
            let Some(verbs) = of else { continue };
            let verbs = known.verbs.entry(verbs.to_owned()).or_default();
            if indent == 4 && text.starts_with(|first: char| first.is_ascii_uppercase()) {
                variant = kebab(&word(text));
                verbs.insert(variant.clone(), None);
            }
            let below =
                text.split(|c: char| !c.is_ascii_alphanumeric()).find(|name| name.len() > 4 && name.ends_with("Verb"));
            if let Some(below) = below.filter(|_| indent >= 4 && !text.starts_with("//")) {
                verbs.insert(variant.clone(), Some(below.to_owned()));
            }
        }
        known
    }

    /// What is wrong with a command; `None` when all its verbs and options are known.
    fn wrong(&self, command: &str) -> Option<String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let long =
            words.iter().filter_map(|word| word.strip_prefix("--")).map(|word| word.split('=').next().unwrap_or(word));
        if let Some(option) = long.into_iter().find(|option| !option.is_empty() && !self.options.contains(*option)) {
            return Some(format!("plimsoll has no option `--{option}`"));
        }
        let mut rest = words.iter().enumerate().filter(|(at, word)| {
            let value = at.checked_sub(1).is_some_and(|before| VALUED.contains(&words[before]));
            !value && !word.starts_with('-')
        });
        let (_, verb) = rest.next()?;
        let Some(below) = self.verbs.get("Verb").and_then(|verbs| verbs.get(*verb)) else {
            return Some(format!("plimsoll has no verb `{verb}`"));
        };
        let verbs = self.verbs.get(below.as_ref()?)?;
        let (_, second) = rest.next()?;
        (!verbs.contains_key(*second)).then(|| format!("`plimsoll {verb}` has no verb `{second}`"))
    }
}

fn word(text: &str) -> String {
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// `BenchCopy` is `bench-copy` on the command line.
fn kebab(name: &str) -> String {
    let mut words = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            words.push('-');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests;
