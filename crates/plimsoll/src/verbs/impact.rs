//! `impact`: what a change breaks downstream, and why.

use app::impact::{How, Impact, Severity, between, supposed};
use app::{Workspace, revision};
use engine::Result;

use super::{DONE, FAILED};
use crate::args::{Args, ImpactArgs};
use crate::render;
use crate::screen::Screen;
use crate::wiring;

pub fn impact(args: &Args, screen: &mut Screen, of: &ImpactArgs) -> Result<u8> {
    let impact = match &of.from {
        Some(from) => changed(args, of, from)?,
        None => supposed(&wiring::workspace(args)?, of.target.as_deref().unwrap_or_default(), &how(of))?,
    };
    if screen.json {
        screen.document(&json(&impact));
    } else if of.markdown {
        screen.text(&render::impact::markdown(&impact));
    } else {
        render::impact::show(screen, &impact);
    }
    Ok(if impact.breaks() { FAILED } else { DONE })
}

/// The old project comes from git's objects, and so does the new one when it is named; the folder's files are left alone.
fn changed(args: &Args, of: &ImpactArgs, from: &str) -> Result<Impact> {
    let root = wiring::root(args)?;
    let before = revision::workspace(&root, from)?;
    let after = match &of.to {
        Some(to) => revision::workspace(&root, to)?,
        None => Workspace::load(&root)?,
    };
    between(&before, &after, of.target.as_deref())
}

fn how(of: &ImpactArgs) -> How {
    match (&of.renamed, &of.retyped, &of.reclassified, &of.protected) {
        (Some(name), ..) => How::Renamed(name.clone()),
        (_, Some(name), ..) => How::Retyped(name.clone()),
        (_, _, Some(class), _) => How::Reclassified(class.clone()),
        (.., Some(way)) => How::Protected(way.clone()),
        _ if of.removed => How::Removed,
        _ if of.loosened => How::Loosened,
        _ => How::Changed,
    }
}

fn json(impact: &Impact) -> serde_json::Value {
    let counts = Severity::ALL.map(|severity| (severity.word().to_owned(), serde_json::json!(impact.count(severity))));
    serde_json::json!({
        "changes": impact.changes,
        "breaking": impact.breaks(),
        "counts": serde_json::Value::Object(counts.into_iter().collect()),
        "effects": impact.effects,
    })
}
