//! What a project's classes come to, as diagnostics at their places.

mod places;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use contract::privacy::Care;
use contract::{Column, Diagnostic, Span};
use pipeline::Project;
use pipeline::privacy::{Finding, Judged, Level, Standing, Step, Subject};

pub use places::Places;

use crate::lineage::ProjectLineage;

/// Judges the columns; of a project in which nothing is sensitive nothing is followed.
/// The lineage is put where others find it.
pub fn judge(
    project: &mut Project,
    places: &Places<'_>,
    today: &str,
    lineage: &OnceLock<ProjectLineage>,
) -> (Judged, Vec<Diagnostic>) {
    if !concerned(project) {
        return (Judged::default(), Vec::new());
    }
    let graph = &lineage.get_or_init(|| crate::lineage::of(project)).graph;
    let judged = pipeline::privacy::judge(project, graph, today);
    take_care(project, &judged);
    let diagnostics = judged.findings.iter().map(|finding| diagnostic(finding, project, places)).collect();
    (judged, diagnostics)
}

/// Tells every contract how carefully the values of its columns are shown and kept: by their classes, and by those of what flows
/// into them, also where somebody allowed that for a while.
fn take_care(project: &mut Project, judged: &Judged) {
    let floor = project.settings.privacy.floor;
    let mut sensitive: BTreeMap<(&str, &str), &Standing> = BTreeMap::new();
    for standing in &judged.columns {
        sensitive.insert((&standing.of.dataset, &standing.of.column), standing);
    }
    let care = |dataset: &str, column: &Column| match sensitive.get(&(dataset, column.name.as_str())) {
        None => Care::Shown,
        Some(standing) => {
            let declassified = column.privacy.declassified.is_some();
            match if declassified { standing.stored } else { standing.declared.max(standing.inflow) } {
                Level::Public => Care::Shown,
                level if level < floor => Care::Masked,
                _ => Care::Sealed,
            }
        }
    };
    // Of a table that is encrypted as a whole, every column is sealed already.
    let open = project.datasets.iter_mut().filter(|(_, spec)| spec.contract.encryption.is_none());
    for (name, spec) in open {
        for column in &mut Arc::make_mut(&mut spec.contract).columns {
            column.privacy.care = Some(care(name, column));
        }
    }
}

/// Whether anything in the project says that it is sensitive.
fn concerned(project: &Project) -> bool {
    let settings = &project.settings.privacy;
    let columns = || project.datasets.values().flat_map(|spec| &spec.contract.columns).map(|column| &column.privacy);
    let sensitive = |class: &String| settings.class(class) != Some(Level::Public);
    !settings.exemptions.is_empty()
        || project.datasets.values().any(|spec| spec.contract.encryption.is_some())
        || columns().any(|privacy| {
            privacy.protection.is_some()
                || privacy.declassified.is_some()
                || privacy.classes.iter().any(sensitive)
                || privacy.tags.iter().any(|tag| settings.tag(tag).is_some())
        })
}

fn diagnostic(finding: &Finding, project: &Project, places: &Places<'_>) -> Diagnostic {
    let (path, span) = match &finding.subject {
        Subject::Column(of) => places.column(project, of),
        Subject::Dataset(name) => places.dataset(project, name),
        Subject::Settings(span) => ("plimsoll.toml".to_owned(), *span),
    };
    let mut message = finding.message.clone();
    if finding.path.len() > 1 {
        message.push_str(": ");
        message.push_str(&steps(&finding.path, project, places));
    }
    let element = match &finding.subject {
        Subject::Column(of) => of.to_string(),
        Subject::Dataset(name) => name.clone(),
        Subject::Settings(_) => "privacy.exemptions".to_owned(),
    };
    Diagnostic {
        code: finding.code.code,
        level: finding.code.level,
        message,
        element,
        path,
        span: if span == Span::default() { Span { line: 1, column: 1, ..span } } else { span },
        help: Some(finding.help.clone()).filter(|help| !help.is_empty()),
    }
}

/// `raw.email (personal) → people.email (identity, models/people.sql:3)`.
fn steps(path: &[Step], project: &Project, places: &Places<'_>) -> String {
    let step = |step: &Step| match step.kind {
        None => format!("{} ({})", step.of, step.level),
        Some(kind) => match places.made(project, &step.of) {
            Some((sql, line)) => format!("{} ({}, {sql}:{line})", step.of, kind.word()),
            None => format!("{} ({})", step.of, kind.word()),
        },
    };
    path.iter().map(step).collect::<Vec<_>>().join(" → ")
}
