//! What a project's classes come to, as diagnostics at their places.

mod places;

use contract::{Diagnostic, Span};
use pipeline::Project;
use pipeline::privacy::{Finding, Judged, Level, Step, Subject};

pub use places::Places;

use crate::lineage::ProjectLineage;

/// Judges the columns; of a project in which nothing is sensitive nothing is followed.
pub fn judge(project: &Project, places: &Places<'_>, today: &str) -> (Judged, Vec<Diagnostic>) {
    if !concerned(project) {
        return (Judged::default(), Vec::new());
    }
    let ProjectLineage { graph, .. } = crate::lineage::of(project);
    let judged = pipeline::privacy::judge(project, &graph, today);
    let diagnostics = judged.findings.iter().map(|finding| diagnostic(finding, project, places)).collect();
    (judged, diagnostics)
}

/// Whether anything in the project says that it is sensitive.
fn concerned(project: &Project) -> bool {
    let settings = &project.settings.privacy;
    let columns = || project.datasets.values().flat_map(|spec| &spec.contract.columns).map(|column| &column.privacy);
    let sensitive = |class: &String| settings.class(class) != Some(Level::Public);
    !settings.exemptions.is_empty()
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
