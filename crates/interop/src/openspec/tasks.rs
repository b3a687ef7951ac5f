//! `tasks.md`: groups of tasks with boxes to tick.

use super::lines::{heading, lines, normalised};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tasks {
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    pub title: String,
    pub tasks: Vec<Task>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Task {
    /// One line, without its number.
    pub text: String,
    pub done: bool,
}

impl Tasks {
    /// Lines without a box are no tasks. The numbers are read away: `write` gives them anew.
    pub fn parse(text: &str) -> Self {
        let mut tasks = Self::default();
        for line in lines(&normalised(text)) {
            if line.fenced {
                continue;
            }
            if let Some(title) = heading(line.text, "##") {
                tasks.groups.push(Group { title: unnumbered(title).to_owned(), tasks: Vec::new() });
            } else if let Some((done, text)) = boxed(line.text) {
                if tasks.groups.is_empty() {
                    tasks.groups.push(Group::default());
                }
                let task = Task { text: unnumbered(text).to_owned(), done };
                tasks.groups.last_mut().map(|group| group.tasks.push(task)).unwrap_or_default();
            }
        }
        tasks
    }

    pub fn write(&self) -> String {
        let mut parts = vec!["# Tasks".to_owned()];
        for (number, group) in (1..).zip(&self.groups) {
            let tasks: Vec<String> = (1..)
                .zip(&group.tasks)
                .map(|(at, task)| format!("- [{}] {number}.{at} {}", if task.done { 'x' } else { ' ' }, task.text))
                .collect();
            parts.push(format!("## {number}. {}", group.title));
            if !tasks.is_empty() {
                parts.push(tasks.join("\n"));
            }
        }
        format!("{}\n", parts.join("\n\n"))
    }

    pub fn count(&self) -> (usize, usize) {
        let all = self.groups.iter().flat_map(|group| &group.tasks);
        (all.clone().filter(|task| task.done).count(), all.count())
    }

    /// The text with all boxes empty: ticking one is no edit of a change.
    pub fn unticked(text: &str) -> String {
        let text = normalised(text);
        let lines = lines(&text).into_iter().map(|line| {
            let ticked = if line.fenced { None } else { boxed(line.text).filter(|(done, _)| *done) };
            match ticked.and_then(|_| line.text.split_once('[').zip(line.text.split_once(']'))) {
                Some(((before, _), (_, after))) => format!("{before}[ ]{after}"),
                None => line.text.to_owned(),
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// `- [x] text`; anything but x in the box is not done.
fn boxed(line: &str) -> Option<(bool, &str)> {
    let rest = line.trim_start().strip_prefix(['-', '*', '+'])?.trim_start().strip_prefix('[')?;
    let (mark, text) = rest.split_once(']')?;
    (mark.chars().count() <= 3 && text.starts_with([' ', '\t']))
        .then(|| (mark.trim().eq_ignore_ascii_case("x"), text.trim()))
}

/// Without `1.` or `1.2` before it.
fn unnumbered(text: &str) -> &str {
    let Some((number, rest)) = text.split_once(' ') else { return text };
    let digits = number.strip_suffix('.').unwrap_or(number);
    let is_number = number.contains('.')
        && digits.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if is_number { rest.trim() } else { text }
}
