//! Telling what the ledger says as OpenLineage events: made into messages on disk at once, delivered beside the run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::{Kind, Recipient, Result};
use interop::openlineage::{Context, Repository, event};
use pipeline::Event;
use pipeline::gate::GateStep;
use pipeline::lineage::Graph;
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::outbox::{Entered, Message, Outbox};
use crate::{App, blocking, lineage};

/// Names the program in every event.
const PRODUCER: &str = concat!("urn:plimsoll:", env!("CARGO_PKG_VERSION"));
/// Events that are read from the ledger at once.
const EVENTS: u32 = 500;
/// The first pause after a recipient did not answer, and the longest.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Whom everything is told.
pub struct Teller {
    outbox: Outbox,
    recipients: Vec<Arc<dyn Recipient>>,
    /// How long the end of a run waits.
    patience: Duration,
    graph: Graph,
    repository: Option<Repository>,
    root_url: String,
    more: Notify,
    /// Why messages could not be made.
    problem: Mutex<Option<String>>,
}

/// How telling went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    pub recipient: String,
    pub delivered: u64,
    /// Messages that are kept and delivered later.
    pub waiting: u64,
    /// Messages that the recipient refused; they are kept apart.
    pub refused: u64,
    /// Why something waits.
    pub problem: Option<String>,
}

impl Teller {
    pub fn new(workspace: &crate::Workspace, recipients: Vec<Arc<dyn Recipient>>) -> Self {
        let root = &workspace.root;
        let told = !recipients.is_empty();
        Self {
            outbox: Outbox::new(root.join(".plimsoll/openlineage")),
            recipients,
            patience: Duration::from_millis(workspace.project.settings.openlineage.timeout_ms),
            graph: if told { lineage::project(workspace).graph.clone() } else { Graph::default() },
            repository: crate::revision::repository(root),
            root_url: url::Url::from_directory_path(root).map(|url| url.to_string()).unwrap_or_default(),
            more: Notify::new(),
            problem: Mutex::new(None),
        }
    }
}

impl App {
    /// Makes messages of what the ledger has that was not told yet. What cannot be told now is told later: the ledger keeps it.
    pub(crate) async fn tell(self: &Arc<Self>) {
        let Some(teller) = self.teller.clone() else { return };
        let app = self.clone();
        if let Err(error) = blocking(move || app.enter(&teller)).await {
            self.note(&error);
        }
        if let Some(teller) = &self.teller {
            teller.more.notify_one();
        }
    }

    fn enter(&self, teller: &Teller) -> Result<()> {
        let _lock = teller.outbox.lock_entering()?;
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entered = match teller.outbox.entered()? {
            Some(entered) if entered.seq == 0 => entered,
            // Another event under that number is another ledger, which is told from its beginning.
            Some(entered) => match ledger.events(entered.seq, 1)?.first() {
                Some(known) if known.hash == entered.hash => entered,
                _ => Entered::default(),
            },
            None => Entered::default(),
        };
        let settings = &self.workspace.project.settings;
        let context = Context {
            namespace: settings.openlineage.namespace.as_deref().unwrap_or(&settings.name),
            producer: PRODUCER,
            project: &self.workspace.project,
            graph: &teller.graph,
            root_url: &teller.root_url,
            warehouse_url: &self.workspace.warehouse_url,
            repository: teller.repository.as_ref(),
        };
        loop {
            let events = ledger.events(entered.seq + 1, EVENTS)?;
            let Some(last) = events.last() else { return Ok(()) };
            let next = Entered { seq: last.seq, hash: last.hash.clone() };
            let mut messages = Vec::new();
            for recorded in &events {
                let held = match &recorded.event {
                    Event::GateDecided { gate, .. } | Event::GateSuperseded { gate, .. } => {
                        ledger.gate(gate).ok().map(|gate| gate.held)
                    }
                    Event::Gate(event) if matches!(event.step, GateStep::Expired { .. }) => {
                        ledger.gate(&event.gate).ok().map(|gate| gate.held)
                    }
                    _ => None,
                };
                let told = event(&context, recorded.time_ms, &recorded.event, held.as_ref());
                messages.extend(told.map(|message| Message { seq: recorded.seq, message }));
            }
            teller.outbox.enter(&messages, &next)?;
            entered = next;
        }
    }

    /// A ledger that was there before anybody was told is not told from its beginning.
    pub(crate) async fn begin_telling(self: &Arc<Self>) {
        let Some(teller) = self.teller.clone() else { return };
        let app = self.clone();
        let begun = blocking(move || {
            let _lock = teller.outbox.lock_entering()?;
            if teller.outbox.entered()?.is_none() {
                let mut ledger = app.ledger.lock().unwrap_or_else(PoisonError::into_inner);
                let newest = ledger.newest()?;
                teller.outbox.begin(&Entered { seq: newest.0, hash: newest.1 })?;
            }
            let names: Vec<&str> = teller.recipients.iter().map(|recipient| recipient.name()).collect();
            if let Some(_delivering) = teller.outbox.lock_delivering()? {
                teller.outbox.tidy(&names)?;
            }
            Ok(())
        });
        if let Err(error) = begun.await {
            self.note(&error);
        }
    }

    /// A run does not fail because somebody cannot be told; that is said at its end.
    fn note(&self, error: &engine::Error) {
        if let Some(teller) = &self.teller {
            *teller.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.message.clone());
        }
    }

    /// Delivers beside the run, as long as it goes on.
    pub(crate) fn start_delivering(self: &Arc<Self>) -> Option<JoinHandle<()>> {
        let teller = self.teller.clone()?;
        Some(tokio::spawn(async move {
            let mut pause = PAUSE;
            loop {
                let told = teller.deliver().await;
                let late = told.iter().any(|told| told.waiting > 0);
                pause = if late { (pause * 2).min(PAUSE_MAX) } else { PAUSE };
                if late {
                    tokio::time::sleep(pause).await;
                } else {
                    teller.more.notified().await;
                }
            }
        }))
    }

    /// Waits for a while until everything is delivered, and tells what is not.
    pub(crate) async fn end_delivering(self: &Arc<Self>, delivering: Option<JoinHandle<()>>) -> Vec<Told> {
        let (Some(teller), Some(delivering)) = (&self.teller, delivering) else { return Vec::new() };
        delivering.abort();
        // Its lock is free when it has ended.
        let _ = delivering.await;
        teller.deliver_patiently().await
    }

    /// After something that is not a run: makes messages of it and delivers them, when there is anybody to tell.
    pub async fn tell_now(self: &Arc<Self>) -> Vec<Told> {
        let Some(teller) = self.teller.clone() else { return Vec::new() };
        self.tell().await;
        teller.deliver_patiently().await
    }

    /// Delivers what waits of earlier runs, and what was never made into messages.
    pub async fn send_lineage(self: &Arc<Self>) -> Result<Vec<Told>> {
        if self.teller.is_none() {
            return Err(engine::Error::new(Kind::Input, "nobody is to be told of lineage")
                .at("plimsoll.toml")
                .help("write [openlineage] with a `url` or a `file`"));
        }
        Ok(self.tell_now().await)
    }
}

impl Teller {
    async fn deliver_patiently(&self) -> Vec<Told> {
        let end = tokio::time::Instant::now() + self.patience;
        let mut pause = PAUSE;
        let mut all: Vec<Told> = Vec::new();
        loop {
            let told = match tokio::time::timeout_at(end, self.deliver()).await {
                Ok(told) => told,
                Err(_) => self.standing("the server is too slow"),
            };
            for now in told {
                match all.iter_mut().find(|before| before.recipient == now.recipient) {
                    Some(before) => {
                        *before = Told {
                            delivered: before.delivered + now.delivered,
                            refused: before.refused + now.refused,
                            ..now
                        }
                    }
                    None => all.push(now),
                }
            }
            if let Some(problem) = self.problem.lock().unwrap_or_else(PoisonError::into_inner).take() {
                all.iter_mut().for_each(|told| told.problem = told.problem.take().or(Some(problem.clone())));
            }
            let late = all.iter().any(|told| told.waiting > 0);
            if !late || tokio::time::Instant::now() + pause >= end {
                return all;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// What waits, when an attempt was broken off.
    fn standing(&self, problem: &str) -> Vec<Told> {
        let delivered = self.outbox.delivered().unwrap_or_default();
        let one = |recipient: &Arc<dyn Recipient>| {
            let taken = delivered.get(recipient.name()).copied().unwrap_or_default();
            let waiting = self.outbox.waiting(taken).map_or(0, |waiting| waiting.len() as u64);
            let problem = (waiting > 0).then(|| problem.to_owned());
            Told { recipient: recipient.name().to_owned(), waiting, problem, ..Told::default() }
        };
        self.recipients.iter().map(one).collect()
    }

    /// One attempt: each recipient takes what it can, in order; the first that it does not take ends its turn.
    async fn deliver(&self) -> Vec<Told> {
        match self.attempt().await {
            Ok(told) => told,
            Err(error) => self.standing(&error.message),
        }
    }

    async fn attempt(&self) -> Result<Vec<Told>> {
        let Some(_lock) = self.outbox.lock_delivering()? else { return Ok(self.standing("another run delivers")) };
        let mut all = Vec::new();
        for recipient in &self.recipients {
            let mut told = Told { recipient: recipient.name().to_owned(), ..Told::default() };
            let taken = self.outbox.delivered()?.get(recipient.name()).copied().unwrap_or_default();
            let waiting = self.outbox.waiting(taken)?;
            told.waiting = waiting.len() as u64;
            for (number, message) in waiting {
                match recipient.take(&message.message.to_string()).await {
                    Ok(()) => told.delivered += 1,
                    Err(error) if error.kind == Kind::Input => {
                        self.outbox.refuse(recipient.name(), &message, &error.message)?;
                        told.refused += 1;
                        told.problem = Some(error.message);
                    }
                    Err(error) => {
                        told.problem = Some(error.message);
                        break;
                    }
                }
                told.waiting -= 1;
                let mut delivered = self.outbox.delivered()?;
                delivered.insert(recipient.name().to_owned(), number);
                self.outbox.note_delivered(&delivered)?;
            }
            all.push(told);
        }
        Ok(all)
    }
}
