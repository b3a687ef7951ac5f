//! One stage of the plan after the other, each knowing what becomes of those that it needs.

use std::collections::{BTreeMap, HashMap};

use super::order::{Node, order};
use super::{Action, Plan, PlannedStage, Reason, definition, gate, migrate, model, restore, source};
use crate::decide::Ask;
use crate::integrity::weakened;
use crate::migration::{Migration, Step, losses};
use crate::position::Increment;
use crate::project::{Made, Project};
use crate::state::{DatasetState, Definition, Earlier, Published, State};
use crate::table::Write;
use crate::terms::Terms;

/// What the work of a stage would be, before gates and the state of what it needs are looked at.
pub(super) enum Finding {
    /// Up to date.
    Nothing(Vec<Reason>),
    Run(Work),
    Blocked(Vec<Reason>),
}

pub(super) struct Work {
    pub inputs: BTreeMap<String, Increment>,
    pub reasons: Vec<Reason>,
    pub rebuild: bool,
    pub migration: Option<Box<Migration>>,
    pub restore: Option<Box<Earlier>>,
    pub asks: Vec<Ask>,
}

/// What is known of a dataset that others need.
pub(super) struct Upstream {
    /// The Delta version of what is published now.
    pub version: Option<i64>,
    pub action: Action,
    pub rebuild: bool,
    pub write: Write,
    /// Columns that its contract has by now and its table does not.
    pub lacking: Vec<String>,
}

/// What the project says of a stage.
#[derive(Clone, Copy)]
pub(super) struct Now<'a> {
    pub definition: &'a Definition,
    pub terms: &'a Terms,
}

pub(super) type Upstreams<'a> = HashMap<&'a str, Upstream>;

pub(super) fn plan(project: &Project, state: &State) -> Plan {
    let nodes = order(project).nodes;
    let nothing = DatasetState::default();
    let mut upstreams: Upstreams<'_> = HashMap::with_capacity(nodes.len());
    let mut stages = Vec::with_capacity(nodes.len());
    for node in nodes {
        let known = state.datasets.get(&node.spec.name).unwrap_or(&nothing);
        let name = node.spec.name.as_str();
        let write = node.spec.table.write;
        let stored = known.published.as_ref().and_then(|published| published.terms.as_ref());
        let terms = Terms::of(node.spec).within(project, name);
        let lacking = stored.map(|stored| terms.lacking(stored)).unwrap_or_default();
        let stage = plan_stage(node, known, &upstreams, &terms);
        let version = known.published.as_ref().map(|published| published.version);
        upstreams.insert(name, Upstream { version, action: stage.action, rebuild: stage.rebuild, write, lacking });
        stages.push(stage);
    }
    Plan { stages }
}

fn plan_stage(node: Node<'_>, known: &DatasetState, upstreams: &Upstreams<'_>, terms: &Terms) -> PlannedStage {
    let definition = definition(node.spec);
    let now = Now { definition: &definition, terms };
    let (action, mut work) = decide_stage(&node, known, now, upstreams);
    let published = known.published.as_ref().and_then(|published| published.terms.as_ref());
    let mut keeps = false;
    // Whoever takes a table away does not take its guards with it.
    if let (Action::Run, Some(before)) = (action, published.or(known.dropped.as_deref())) {
        if work.rebuild && published.is_some() {
            let lost = losses(before, terms);
            keeps = !lost.is_empty() && !lost.iter().any(Step::hides);
            work.asks.extend(lost.iter().filter_map(|step| step.ask("Built anew")));
        }
        if let Some(earlier) = &work.restore {
            work.asks.extend(restore::asks(earlier, before, terms));
        }
        work.asks.extend(weakened(before, terms));
    }
    PlannedStage {
        dataset: node.spec.name.clone(),
        pipeline: node.spec.pipeline.clone(),
        action,
        reasons: work.reasons,
        needs: node.needs,
        inputs: work.inputs,
        sequence: known.published.as_ref().map_or(0, |published| published.sequence) + 1,
        definition,
        rebuild: work.rebuild,
        migration: work.migration,
        restore: work.restore,
        keeps,
        asks: work.asks,
    }
}

fn decide_stage(node: &Node<'_>, known: &DatasetState, now: Now<'_>, upstreams: &Upstreams<'_>) -> (Action, Work) {
    if node.cyclic || reads_itself(node) {
        return (Action::Blocked, Work::idle(vec![Reason::Cycle]));
    }
    if let Some(published) = known.published.as_ref().filter(|published| published.version_now != published.version) {
        let touched = Reason::TableTouched { version: published.version, version_now: published.version_now };
        return (Action::Blocked, Work::idle(vec![touched]));
    }
    let finding = find(node, known, now.definition, upstreams);
    if let Some((action, reason)) = gate::stands(node.spec, known, now, &finding, upstreams) {
        return (action, Work::idle(vec![reason]));
    }
    match finding {
        Finding::Blocked(reasons) => (Action::Blocked, Work::idle(reasons)),
        Finding::Nothing(mut reasons) => {
            reasons.extend(standing(node, upstreams).map(waits));
            (Action::Skip, Work::idle(reasons))
        }
        // It reads nothing but the table itself.
        Finding::Run(work) if work.migration.is_some() || work.restore.is_some() => (Action::Run, work),
        Finding::Run(work) => start(node, work, upstreams),
    }
}

fn reads_itself(node: &Node<'_>) -> bool {
    matches!(&node.spec.made, Made::Model(model) if model.inputs.contains(&node.spec.name))
}

fn find(node: &Node<'_>, known: &DatasetState, definition: &Definition, upstreams: &Upstreams<'_>) -> Finding {
    let published = known.published.as_ref();
    let mut changes = changes(&node.spec.made, published, definition);
    if let Some(work) = restore::find(node.spec, known, &mut changes) {
        return Finding::Run(work);
    }
    if let Some(work) = migrate::find(node.spec, known, &mut changes) {
        return Finding::Run(work);
    }
    match &node.spec.made {
        Made::Source(spec) => source::find(spec, node.spec.table.write, &known.available, changes),
        Made::Model(model) => model::find(model, node.spec.table.write, published, changes, upstreams),
    }
}

/// Why the table must be built anew, if it must.
fn changes(made: &Made, published: Option<&Published>, now: &Definition) -> Vec<Reason> {
    let Some(before) = published.map(|published| &published.definition) else {
        return vec![Reason::FirstRun];
    };
    let of_made = match made {
        Made::Source(_) => Reason::SourceChanged,
        Made::Model(_) => Reason::SqlChanged,
    };
    let compared = [
        (before.made != now.made, of_made),
        (before.contract != now.contract, Reason::ContractChanged),
        (before.table != now.table, Reason::TableChanged),
        (before.engine != now.engine, Reason::EngineChanged),
    ];
    compared.into_iter().filter(|(changed, _)| *changed).map(|(_, reason)| reason).collect()
}

/// A stage with work goes on with what is published of those that wait, and not at all if nothing is.
fn start(node: &Node<'_>, mut work: Work, upstreams: &Upstreams<'_>) -> (Action, Work) {
    let absent: Vec<Reason> =
        standing(node, upstreams).filter(|(_, upstream)| upstream.version.is_none()).map(waits).collect();
    if !absent.is_empty() {
        return (Action::Blocked, Work::idle(absent));
    }
    // Its SQL is written for the contract of now: a table of before has no values for it.
    let behind: Vec<Reason> = standing(node, upstreams).filter(|of| reads(node, of.0)).filter_map(behind).collect();
    if !behind.is_empty() {
        let waiting = standing(node, upstreams).map(waits);
        return (Action::Blocked, Work::idle(waiting.chain(behind).collect()));
    }
    work.reasons.extend(standing(node, upstreams).map(waits));
    (Action::Run, work)
}

fn standing<'a>(node: &'a Node<'_>, upstreams: &'a Upstreams<'_>) -> impl Iterator<Item = (&'a str, &'a Upstream)> {
    node.needs
        .iter()
        .filter_map(|need| upstreams.get(need.as_str()).map(|upstream| (need.as_str(), upstream)))
        .filter(|(_, upstream)| upstream.action.stands())
}

fn waits((need, _): (&str, &Upstream)) -> Reason {
    Reason::InputWaits { input: need.to_owned() }
}

fn behind((need, upstream): (&str, &Upstream)) -> Option<Reason> {
    let columns = upstream.lacking.clone();
    (!columns.is_empty()).then(|| Reason::InputBehind { input: need.to_owned(), columns })
}

fn reads(node: &Node<'_>, input: &str) -> bool {
    matches!(&node.spec.made, Made::Model(model) if model.inputs.iter().any(|name| name == input))
}

impl Work {
    pub(super) fn of(inputs: BTreeMap<String, Increment>, reasons: Vec<Reason>, rebuild: bool) -> Self {
        Self { inputs, reasons, rebuild, migration: None, restore: None, asks: Vec::new() }
    }

    fn idle(reasons: Vec<Reason>) -> Self {
        Self::of(BTreeMap::new(), reasons, false)
    }
}
