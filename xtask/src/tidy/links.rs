//! Links between pages lead to a file or folder and to a heading that exist, and every page of the guide is in its table of contents.

use std::collections::BTreeSet;

use super::tree::{Finding, TextFile, Tree};

const GUIDE: &str = "docs/src/";
const CONTENTS: &str = "docs/src/SUMMARY.md";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let files: BTreeSet<&str> = tree.files.iter().map(|file| file.path.as_str()).collect();
    let mut findings = Vec::new();
    let mut listed = BTreeSet::new();
    for page in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(page) {
            let Some(path) = resolved(&page.path, &target) else { continue };
            if !leads_somewhere(&path, &files) {
                findings.push(page.finding(line, format!("`{target}` leads nowhere: there is no {path}")));
            } else if let Some(missing) = missing_heading(tree, &path, &target) {
                findings
                    .push(page.finding(line, format!("`{target}` leads nowhere: {path} has no heading `{missing}`")));
            }
            if page.path == CONTENTS {
                listed.insert(path);
            }
        }
    }
    if files.contains(CONTENTS) {
        let pages = tree.files.iter().filter(|file| file.path.starts_with(GUIDE) && file.path.ends_with(".md"));
        let lost = pages.filter(|page| page.path != CONTENTS && !listed.contains(&page.path));
        findings.extend(lost.map(|page| page.finding(1, format!("the page is not in {CONTENTS}"))));
    }
    findings
}

/// A text file of the repository, or a folder that has one.
fn leads_somewhere(path: &str, files: &BTreeSet<&str>) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    path.is_empty()
        || files.contains(path)
        || files.range(folder.as_str()..).next().is_some_and(|file| file.starts_with(&folder))
}

/// The part behind `#`, when the page has no heading of that name.
fn missing_heading<'t>(tree: &Tree, path: &str, target: &'t str) -> Option<&'t str> {
    let (_, wanted) = target.split_once('#')?;
    let page = tree.files.iter().find(|file| file.path == path).filter(|page| page.path.ends_with(".md"))?;
    (!headings(page).contains(wanted)).then_some(wanted)
}

/// The names that mdBook and GitHub give to a page's headings.
fn headings(page: &TextFile) -> BTreeSet<String> {
    let titles =
        prose(page).filter_map(|(_, line)| line.strip_prefix('#')).map(|line| line.trim_start_matches('#').trim());
    let name = |title: &str| -> String {
        let kept = title.to_lowercase();
        kept.chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    };
    titles.map(name).collect()
}

/// The targets of `[text](target)` outside of code, with their lines.
fn links(page: &TextFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(page) {
        let bare: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
        let ends = bare.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        found.extend(ends.map(|target| (number, target.to_owned())));
    }
    found
}

/// The lines that are not in fenced blocks, with their numbers.
fn prose(page: &TextFile) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    page.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    })
}

/// The target as a path from the repository's root; `None` for another site.
fn resolved(page: &str, target: &str) -> Option<String> {
    let path = target.split('#').next()?;
    if path.is_empty() {
        return Some(page.to_owned());
    }
    if path.contains("://") || path.starts_with("mailto:") {
        return None;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            // Above the root there is nothing, which is then said of the whole path.
            ".." => {
                if parts.pop().is_none() {
                    return Some(path.to_owned());
                }
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests;
