//! How a gate stands: its events, walked along the hash chain, weighed by the rule that the project and the contract give.

use engine::{Error, Kind, Result, fault};
use ledger::{Gate, GateStage, Recorded, Trail};
use pipeline::approval::{Case, Escalation, Levels, Quorum, Rule, Standing, State, same, weigh};
use pipeline::decide::GateKind;
use pipeline::event::question;
use pipeline::gate::{GateStep, Subject, delegations, votes};
use pipeline::terms::Guards;
use pipeline::{Event, Terms, integrity, plan};

use crate::clock::{self, Clock};
use crate::identity::{About, Identity};
use crate::{App, changes};

/// A gate and how it stands.
#[derive(Debug, Clone)]
pub struct Judged {
    pub gate: Gate,
    pub state: GateStage,
    pub rule: Rule,
    pub standing: Standing,
    /// When nobody can decide any more.
    pub expires_ms: Option<i64>,
    /// Those whom it is escalated to may decide.
    pub is_escalated: bool,
    /// Why no decision counts any more: what is asked is no longer what the project says.
    pub outdated: Option<String>,
    /// The latest time in the ledger since the gate opened.
    pub newest_ms: i64,
    /// What the clock of the ledger's server says, where it has one.
    pub(crate) server_ms: Option<i64>,
    /// All that happened to it after it was asked.
    pub events: Vec<Recorded>,
    /// Whether the ledger has its escalation.
    pub(crate) told_escalated: bool,
}

impl Judged {
    pub fn subject(&self) -> Subject<'_> {
        subject(&self.gate)
    }

    /// Of now, unless the ledger knows of a later time.
    pub(crate) fn at(&self) -> i64 {
        self.times().at()
    }

    /// An error where this machine's clock was put back: by it, a gate could be made younger than it is.
    pub(crate) fn clock(&self) -> Result<()> {
        self.times().right()
    }

    /// As [`clock::has_passed`].
    pub(crate) fn has_passed(&self) -> Result<()> {
        let held = &self.gate.held;
        clock::has_passed(&format!("gate {}", held.gate), self.gate.asked_ms, held.uptime.as_ref())
    }

    fn times(&self) -> Clock {
        Clock { newest_ms: self.newest_ms, server_ms: self.server_ms }
    }
}

/// As [`pipeline::project::GateTimes`], of all that one gate asks.
pub(crate) struct Times {
    pub escalate_after_ms: u64,
    pub escalate_to: Vec<String>,
    pub expires_after_ms: u64,
}

fn subject(gate: &Gate) -> Subject<'_> {
    Subject {
        gate: &gate.held.gate,
        dataset: &gate.held.dataset,
        fingerprint: &gate.held.fingerprint,
        held: &gate.digest,
    }
}

impl App {
    pub(crate) async fn judged_one(&self, gate: Gate) -> Result<Judged> {
        let id = gate.held.gate.clone();
        let judged = self.judged(vec![gate]).await?.pop();
        judged.ok_or_else(|| Error::new(Kind::Bug, format!("gate {id} was not judged")))
    }

    /// Refuses where the ledger's events are not as they were appended, from the oldest open gate on.
    pub(crate) async fn judged(&self, gates: Vec<Gate>) -> Result<Vec<Judged>> {
        let open: Vec<Gate> = gates.iter().filter(|gate| gate.stage.is_open()).cloned().collect();
        if !open.is_empty() {
            fault::step("gates_judged").await;
        }
        let mut trails = self.ledger(move |ledger| ledger.trails(&open)).await?.into_iter();
        let mut judged = Vec::with_capacity(gates.len());
        for gate in gates {
            let is_open = gate.stage.is_open();
            let trail = match is_open.then(|| trails.next()).flatten() {
                Some(trail) => trail,
                None => {
                    let id = gate.held.gate.clone();
                    let events = self.ledger(move |ledger| ledger.gate_events(&id)).await?;
                    Trail { events, newest_ms: i64::MIN, server_ms: None }
                }
            };
            judged.push(self.judge(gate, trail));
        }
        Ok(judged)
    }

    fn judge(&self, gate: Gate, trail: Trail) -> Judged {
        let rule = self.rule_of(&gate);
        let identity = Identity::of(&self.workspace, About::Gate);
        let events = || trail.events.iter().map(|recorded| (recorded.time_ms, &recorded.event));
        let (votes, delegations) = (votes(subject(&gate), events()), delegations(subject(&gate), events()));
        let after = gate.held.expires_after_ms.and_then(|after| i64::try_from(after).ok());
        let expires_ms = after.map(|after| gate.asked_ms.saturating_add(after));
        let case = Case {
            subject: &gate.held.fingerprint,
            votes: &votes,
            delegations: &delegations,
            opened_ms: Some(gate.asked_ms),
            closes_ms: expires_ms,
            ..Case::default()
        };
        let standing = weigh(&case, &rule, &|claim| identity.doubt(claim));
        // A clock that was put back makes no gate younger than this machine knows it to be.
        let at = clock::later(gate.asked_ms, gate.held.uptime.as_ref()).max(trail.newest_ms);
        let state = match (gate.stage.is_open(), standing.state) {
            (false, _) => gate.stage,
            (true, State::Rejected) => GateStage::Rejected,
            (true, State::Approved) => GateStage::Approved,
            (true, State::Waiting) if expires_ms.is_some_and(|expires| at > expires) => GateStage::Expired,
            (true, State::Waiting) => GateStage::Waiting,
        };
        let told_escalated = trail.events.iter().any(
            |recorded| matches!(&recorded.event, Event::Gate(event) if matches!(event.step, GateStep::Escalated { .. })),
        );
        let due = rule.escalation.as_ref().is_some_and(|escalation| at >= escalation.from_ms);
        let judged = Judged {
            is_escalated: told_escalated,
            outdated: gate.stage.is_open().then(|| self.outdated(&gate)).flatten(),
            newest_ms: trail.newest_ms,
            server_ms: trail.server_ms,
            events: trail.events,
            told_escalated,
            state,
            rule,
            standing,
            expires_ms,
            gate,
        };
        // It is told, and entered, once enough time has passed; what the clock alone says is no reason.
        let is_escalated = judged.is_escalated
            || (due && judged.state == GateStage::Waiting && judged.clock().is_ok() && judged.has_passed().is_ok());
        Judged { is_escalated, ..judged }
    }

    /// As the project says now, and the contract in force.
    pub(crate) fn rule_of(&self, gate: &Gate) -> Rule {
        let times = self.times(&gate.held.kinds());
        Rule {
            escalation: Escalation::after(gate.asked_ms, times.escalate_after_ms, &times.escalate_to),
            authors: gate.held.authors.iter().cloned().collect(),
            ..self.rule_for(&gate.held.dataset, &gate.held.kinds(), gate.held.before.as_ref())
        }
    }

    /// Whom questions of these kinds about this dataset are put to: those who decide on each of them. `before` was in force when the
    /// table was last published.
    pub(crate) fn rule_for(&self, dataset: &str, kinds: &[GateKind], before: Option<&Guards>) -> Rule {
        let settings = &self.workspace.project.settings;
        let mut quorums: Vec<Quorum> = Vec::new();
        for kind in kinds {
            let (approvers, needed) = settings.gate_approvers(*kind);
            match quorums.iter_mut().find(|quorum| quorum.approvers == approvers) {
                Some(quorum) => quorum.needed = quorum.needed.max(needed),
                None => {
                    quorums.push(Quorum { of: kind.word().to_owned(), approvers: approvers.to_vec(), needed });
                }
            }
        }
        let mut quorums = quorums.into_iter();
        let Quorum { approvers, needed, .. } = quorums.next().unwrap_or_default();
        Rule {
            approvers,
            needed,
            also: quorums.collect(),
            levels: self.levels(dataset, before).into_iter().collect(),
            binds_rejections: true,
            ..Rule::default()
        }
    }

    /// Whom the dataset's contract names. One that took the place of another in any other way than by an approved change names
    /// nobody: then those of the contract count by which the table was last published.
    fn levels(&self, dataset: &str, before: Option<&Guards>) -> Option<Levels> {
        let project = &self.workspace.project;
        let now = project.datasets.get(dataset).map(|spec| Terms::of(spec).within(project, dataset).guards)?;
        match before.filter(|before| before.contract.is_some() && !integrity::is_open(before, &now)) {
            Some(before) => before.approvers.clone(),
            None => now.approvers,
        }
    }

    /// What the passing of time does to a gate that asks all this: the strictest of what is said of each.
    pub(crate) fn times(&self, kinds: &[GateKind]) -> Times {
        let all = || kinds.iter().map(|kind| self.workspace.project.settings.gate_times(*kind));
        let to = all().next().map(|times| times.escalate_to.to_vec()).unwrap_or_default();
        let may_all = |name: &String| all().all(|times| times.escalate_to.iter().any(|other| same(other, name)));
        Times {
            escalate_after_ms: all().map(|times| times.escalate_after_ms).max().unwrap_or_default(),
            escalate_to: to.into_iter().filter(may_all).collect(),
            expires_after_ms: all().map(|times| times.expires_after_ms).min().unwrap_or_default(),
        }
    }

    /// An error where the contract is not the one that its spec pins: it says who may approve, and nobody approved that.
    pub(crate) fn contract_in_force(&self, dataset: &str) -> Result<()> {
        let Some(path) = self.workspace.contract_path(dataset) else { return Ok(()) };
        let is_odd = |found: &&contract::Diagnostic| {
            changes::UNAPPROVED.contains(&found.code) && found.level == contract::Level::Error && found.path == path
        };
        match self.workspace.diagnostics.iter().find(is_odd) {
            None => Ok(()),
            Some(found) => Err(Error::new(
                Kind::Refused,
                format!(
                    "the contract of {dataset} is not the approved one, so no gate is decided by it: {}",
                    found.message
                ),
            )
            .at(path)
            .help(found.help.clone().unwrap_or_default())),
        }
    }

    /// Why what is held is not what the project makes any more.
    fn outdated(&self, gate: &Gate) -> Option<String> {
        let dataset = &gate.held.dataset;
        let Some(spec) = self.workspace.project.datasets.get(dataset) else {
            return Some(format!("the project has no dataset {dataset} any more"));
        };
        let question = question(&gate.held);
        let terms = Terms::of(spec).within(&self.workspace.project, dataset);
        let is_of_policy = gate.held.kinds().contains(&GateKind::PipelineIntegrity) && !question.policy.is_empty();
        let (asked, now) = (question.definition, plan::definition(spec));
        let parts = [
            (asked.made != now.made, "how it is made"),
            (asked.contract != now.contract, "its contract"),
            (asked.table != now.table, "how its table is kept"),
            (asked.engine != now.engine, "the engine"),
            (is_of_policy && question.policy != terms.policy(), "its policies"),
        ];
        let changed: Vec<&str> = parts.into_iter().filter(|(changed, _)| *changed).map(|(_, part)| part).collect();
        (!changed.is_empty()).then(|| format!("{dataset} was edited since: {} changed", changed.join(", ")))
    }
}
