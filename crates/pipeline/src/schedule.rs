//! When a pipeline is to run: five fields of a cron pattern, in UTC.

use croner::parser::{CronParser, Seconds, Year};
use serde::Serialize;

/// What the fields are called, in their order.
const FIELDS: [&str; 5] = ["minute", "hour", "day of the month", "month", "day of the week"];
const NICKNAMES: [&str; 6] = ["@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually"];

/// A pattern that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schedule {
    pub cron: String,
    /// The same in a sentence.
    pub words: String,
}

impl Schedule {
    /// From `15 * * * *` or a word such as `@daily`; otherwise what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let cron = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if cron.starts_with('@') && !NICKNAMES.iter().any(|word| word.eq_ignore_ascii_case(&cron)) {
            return Err(format!("`{cron}` is none of {}", NICKNAMES.join(", ")));
        }
        let fields: Vec<&str> = cron.split(' ').collect();
        if !cron.starts_with('@') && fields.len() != FIELDS.len() {
            let count = if cron.is_empty() { 0 } else { fields.len() };
            return Err(format!("a schedule has five fields ({}), and this has {count}", FIELDS.join(", ")));
        }
        match parser().parse(&cron) {
            Ok(read) => Ok(Self { words: format!("{} UTC", read.describe().trim_end_matches('.')), cron }),
            Err(error) => Err(wrong(&fields).unwrap_or_else(|| error.to_string())),
        }
    }
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build()
}

/// The first field that cannot be read when all others are `*`.
fn wrong(fields: &[&str]) -> Option<String> {
    let at = (0..FIELDS.len()).find(|at| {
        let alone: Vec<&str> = (0..FIELDS.len()).map(|other| if other == *at { fields[*at] } else { "*" }).collect();
        parser().parse(&alone.join(" ")).is_err()
    })?;
    let article = if FIELDS[at].starts_with('h') { "an" } else { "a" };
    Some(format!("`{}` is not {article} {}", fields[at], FIELDS[at]))
}

#[cfg(test)]
mod tests;
