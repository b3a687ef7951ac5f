//! What a spec becomes when a delta is applied to it: RENAMED, then REMOVED, MODIFIED, ADDED, as OpenSpec's archive does.
//! Applying the same delta a second time changes nothing.

use contract::{Diagnostic, Span};

use super::delta::Delta;
use super::requirement::Requirement;
use super::spec::Spec;
use crate::codes;

/// `main` is `None` where the capability is new. All that stands in the way is told at once; spans are those of the delta's
/// requirements, where they have one.
pub fn merge(main: Option<&Spec>, capability: &str, change: &str, delta: &Delta) -> Result<Spec, Vec<Diagnostic>> {
    let mut refused = Refused::default();
    let mut spec = match main {
        Some(spec) => spec.clone(),
        None => {
            if !(delta.renamed.is_empty() && delta.modified.is_empty()) {
                let message = format!(
                    "capability `{capability}` does not exist yet, so nothing of it can be modified or renamed"
                );
                refused.say(0, message, "add its requirements under `## ADDED Requirements`");
                return Err(refused.0);
            }
            let todo = format!("TBD - created by archiving change {change}. Update Purpose after archive.");
            Spec::new(capability, delta.purpose.as_deref().unwrap_or(&todo))
        }
    };
    for rename in &delta.renamed {
        let from = spec.requirements.iter().position(|requirement| requirement.name == rename.from);
        let has_to = spec.requirement(&rename.to).is_some();
        match (from, has_to) {
            (Some(at), false) => spec.requirements[at].name.clone_from(&rename.to),
            // Done already.
            (None, true) => {}
            (None, false) => {
                let message = format!("there is no requirement `{}` to rename", rename.from);
                refused.say(
                    0,
                    message,
                    "another change renamed it meanwhile: write this change anew against the spec of now",
                );
            }
            (Some(_), true) => {
                refused.say(0, format!("there is a requirement `{}` already", rename.to), "choose another name");
            }
        }
    }
    spec.requirements.retain(|requirement| !delta.removed.iter().any(|gone| gone.name == requirement.name));
    for modified in &delta.modified {
        match spec.requirements.iter_mut().find(|requirement| requirement.name == modified.name) {
            Some(present) => {
                refused.lost_scenarios(present, modified);
                *present = modified.clone();
            }
            None => {
                let message = format!("there is no requirement `{}` to modify", modified.name);
                let help = "a requirement that is renamed too is modified under its new name; one that is new is ADDED";
                refused.say(modified.line, message, help);
            }
        }
    }
    for added in &delta.added {
        match spec.requirement(&added.name) {
            None => spec.requirements.push(added.clone()),
            Some(present) if present == added => {}
            Some(_) => {
                let message = format!("there is a requirement `{}` already", added.name);
                refused.say(added.line, message, "modify it under `## MODIFIED Requirements`");
            }
        }
    }
    if refused.0.is_empty() { Ok(spec) } else { Err(refused.0) }
}

#[derive(Default)]
struct Refused(Vec<Diagnostic>);

impl Refused {
    fn say(&mut self, line: u32, message: String, help: &str) {
        let span = Span { line: line.max(1), column: 1, ..Span::default() };
        self.0.push(codes::DELTA_REFUSED.at(span, message).with_help(help));
    }

    /// The whole requirement is replaced, so a scenario that is not repeated would be lost without anybody having said so.
    fn lost_scenarios(&mut self, present: &Requirement, modified: &Requirement) {
        let kept = modified.scenarios();
        for lost in present.scenarios().iter().filter(|lost| !kept.iter().any(|kept| kept.name == lost.name)) {
            let message = format!("scenario `{}` of requirement `{}` would be lost", lost.name, modified.name);
            self.say(modified.line, message, "a modified requirement repeats all scenarios that it has now");
        }
    }
}
