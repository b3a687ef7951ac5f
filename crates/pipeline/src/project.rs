//! A project as values: settings, pipelines, datasets. How it is read from text stands in `read`.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::Dataset;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::approval::Levels;
use crate::decide::GateKind;
use crate::privacy::PrivacySettings;
use crate::read::Places;
use crate::schedule::Schedule;
use crate::table::TableSpec;

#[derive(Debug, Clone, Default)]
pub struct Project {
    pub settings: Settings,
    /// By dataset name, in the order of the files; names are unique in a project.
    pub datasets: IndexMap<String, DatasetSpec>,
    /// When pipelines are to run, by name; of those that say so.
    pub schedules: BTreeMap<String, Schedule>,
    /// Where the files say so; empty for a project that was not read from text.
    pub places: Places,
    /// What is known of the datasets' contracts besides what they promise.
    pub vouched: BTreeMap<String, Vouched>,
}

/// Of the contract of one dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vouched {
    /// A change put it in force that those who may have approved, as far as the ledger knows.
    pub approved: bool,
    /// Whom its roles name.
    pub approvers: Option<Levels>,
}

/// `plimsoll.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub name: String,
    /// Where the tables are: a path relative to the project, or a URL (`file://`, `s3://`).
    pub warehouse: String,
    /// `sqlite:<path>` (default `.plimsoll/ledger.db`) or `postgres://…`.
    pub ledger: String,
    /// Stages that run at once.
    pub concurrency: usize,
    /// Bytes that the engine may hold before it spills.
    pub memory: u64,
    /// Share of refused or violating rows, 0 to 1, above which a stage is held.
    pub threshold: f64,
    /// Object store options by name, for example `aws_endpoint`; values may be `${ENV}` references, which are never logged.
    pub store: BTreeMap<String, String>,
    pub privacy: PrivacySettings,
    pub environment: Environment,
    pub changes: ChangeSettings,
    pub gates: GateSettings,
    /// Whom runs tell their lineage.
    pub openlineage: OpenLineageSettings,
}

/// `[openlineage]` of `plimsoll.toml`: without a file and a URL nothing is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLineageSettings {
    /// Of the jobs; the project's name if none is given.
    pub namespace: Option<String>,
    /// Events are appended to this file, one a line; relative to the project.
    pub file: Option<String>,
    /// Events are posted to this address; may hold `${ENV}` references.
    pub url: Option<String>,
    /// A bearer token for the address; may hold `${ENV}` references, which are never logged.
    pub key: Option<String>,
    /// How long one answer may take, and how long the end of a run waits for what is not delivered yet.
    pub timeout_ms: u64,
}

impl Default for OpenLineageSettings {
    fn default() -> Self {
        Self { namespace: None, file: None, url: None, key: None, timeout_ms: 5_000 }
    }
}

/// What a name on a decision is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Environment {
    /// Decisions are signed; a name alone decides nothing.
    #[default]
    Production,
    /// The name of the terminal's user is enough where no signers are named.
    Development,
}

/// Who decides on gates of stages: `[gates]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateSettings {
    /// Who may decide, besides those whom contracts name; those of `[changes]` when nobody is named here.
    pub approvers: Vec<String>,
    /// How many of them must approve.
    pub approvals: usize,
    /// What holds for one kind of gate in place of these.
    pub kinds: BTreeMap<&'static str, KindSettings>,
    /// As in `[changes]`, and that one when it is not given here.
    pub allowed_signers: Option<String>,
    pub escalate_after_ms: u64,
    /// Who may decide as well when nobody has for that long; without a name nothing is escalated.
    pub escalate_to: Vec<String>,
    /// When nobody can decide any more, and the stage runs again.
    pub expires_after_ms: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindSettings {
    pub approvers: Option<Vec<String>>,
    pub approvals: Option<usize>,
    pub escalate_after_ms: Option<u64>,
    pub escalate_to: Option<Vec<String>>,
    pub expires_after_ms: Option<u64>,
}

/// What the passing of time does to a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateTimes<'a> {
    pub escalate_after_ms: u64,
    /// Nobody where nothing is escalated.
    pub escalate_to: &'a [String],
    pub expires_after_ms: u64,
}

impl Default for GateSettings {
    fn default() -> Self {
        const DAY_MS: u64 = 24 * 60 * 60 * 1000;
        Self {
            approvers: Vec::new(),
            approvals: 1,
            kinds: BTreeMap::new(),
            allowed_signers: None,
            escalate_after_ms: DAY_MS,
            escalate_to: Vec::new(),
            expires_after_ms: 30 * DAY_MS,
        }
    }
}

impl Settings {
    /// Who may decide on gates of this kind, besides those whom contracts name, and how many must.
    pub fn gate_approvers(&self, kind: GateKind) -> (&[String], usize) {
        let gates = &self.gates;
        let own = gates.kinds.get(kind.word());
        let named = if gates.approvers.is_empty() { &self.changes.approvers } else { &gates.approvers };
        let approvers = own.and_then(|own| own.approvers.as_ref()).unwrap_or(named);
        (approvers, own.and_then(|own| own.approvals).unwrap_or(gates.approvals))
    }

    /// Who may approve a change of contracts, besides those whom contracts name, and how many must.
    pub fn change_approvers(&self, is_breaking: bool) -> (&[String], usize) {
        let own = self.gates.kinds.get(GateKind::ContractUpdate.word());
        let approvers = own.and_then(|own| own.approvers.as_ref()).unwrap_or(&self.changes.approvers);
        let of_changes = if is_breaking { self.changes.breaking_approvals } else { self.changes.approvals };
        let of_kind = own.and_then(|own| own.approvals);
        (approvers, of_kind.map_or(of_changes, |of_kind| if is_breaking { of_kind.max(of_changes) } else { of_kind }))
    }

    /// What holds for gates of this kind, changes of contracts among them.
    pub fn gate_times(&self, kind: GateKind) -> GateTimes<'_> {
        let gates = &self.gates;
        let own = gates.kinds.get(kind.word());
        GateTimes {
            escalate_after_ms: own.and_then(|own| own.escalate_after_ms).unwrap_or(gates.escalate_after_ms),
            escalate_to: own.and_then(|own| own.escalate_to.as_deref()).unwrap_or(&gates.escalate_to),
            expires_after_ms: own.and_then(|own| own.expires_after_ms).unwrap_or(gates.expires_after_ms),
        }
    }

    /// The file of OpenSSH's allowed signers that decisions on gates are verified with, relative to the project.
    pub fn gate_signers(&self) -> Option<&str> {
        self.gates.allowed_signers.as_deref().or(self.changes.allowed_signers.as_deref())
    }
}

/// How contracts are changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSettings {
    /// Who may approve, besides those whom contracts name; anybody when nobody is named.
    pub approvers: Vec<String>,
    /// How many of them must.
    pub approvals: usize,
    /// How many must where somebody can feel the change as breaking.
    pub breaking_approvals: usize,
    /// A file of OpenSSH's allowed signers, relative to the project: then an approval counts only with a signature.
    pub allowed_signers: Option<String>,
    pub unapproved: Unapproved,
}

/// What a contract means whose bytes are not the pinned ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unapproved {
    /// Nothing runs on it.
    #[default]
    Refuse,
    /// It is told and used: for development.
    Warn,
}

#[derive(Debug, Clone)]
pub struct DatasetSpec {
    pub name: String,
    pub pipeline: String,
    pub contract: Arc<Dataset>,
    pub made: Made,
    pub table: TableSpec,
    pub retry: Retry,
    /// The stage's own threshold, when it sets one.
    pub threshold: Option<f64>,
    /// What becomes of a result with more refused rows than the threshold, or with a dataset check that failed.
    pub then: Above,
}

/// What becomes of a result that checks do not let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Above {
    /// A person decides on it.
    #[default]
    Gate,
    /// It is thrown away, and the stage has failed.
    Fail,
}

#[derive(Debug, Clone)]
pub enum Made {
    Source(SourceSpec),
    Model(ModelSpec),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceSpec {
    /// A glob relative to the project, or a URL with one. `.gz` is unpacked.
    pub files: String,
    pub format: FileFormat,
    /// Decides only whether a stage runs, not what it makes, so it is no part of the definition.
    #[serde(skip)]
    pub vanished: Vanished,
}

/// What becomes of a table whose files are gone from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vanished {
    /// Nothing more is read until they are back: they may have been taken away by mistake, and a rebuild would lose their rows.
    #[default]
    Block,
    /// Their rows stay, and reading goes on: a landing area that is cleaned up.
    Keep,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "snake_case")]
pub enum FileFormat {
    Csv(CsvOptions),
    /// One JSON object per line.
    Ndjson,
    Parquet,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CsvOptions {
    pub delimiter: u8,
    pub quote: u8,
    /// Without a header the columns are the contract's, in its order.
    pub header: bool,
    /// Texts that mean NULL when they stand unquoted.
    pub null: Vec<String>,
    pub encoding: Encoding,
    /// A longer record is refused, not held in memory. Bytes.
    pub record_bytes_max: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    Utf8,
    Latin1,
    Utf16,
}

#[derive(Debug, Clone)]
pub struct ModelSpec {
    /// Path of the SQL file, as the project names it.
    pub path: String,
    pub sql: String,
    /// Datasets that the SQL names, sorted; filled in from the analysis of the SQL.
    pub inputs: Vec<String>,
    /// The input that is narrowed to the new increment; all others are read whole.
    pub incremental: Option<Incremental>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incremental {
    pub from: String,
}

/// For outside failures only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    pub attempts: u32,
    /// The wait before the second attempt; doubles with each further one, with full jitter.
    pub wait_ms: u64,
    pub wait_ms_max: u64,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: b'"',
            header: true,
            null: vec![String::new()],
            encoding: Encoding::Utf8,
            record_bytes_max: 16 << 20,
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 3, wait_ms: 200, wait_ms_max: 30_000 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: String::new(),
            warehouse: "warehouse".into(),
            ledger: "sqlite:.plimsoll/ledger.db".into(),
            concurrency: 2,
            memory: 512 << 20,
            threshold: 0.05,
            store: BTreeMap::new(),
            privacy: PrivacySettings::default(),
            environment: Environment::default(),
            changes: ChangeSettings::default(),
            gates: GateSettings::default(),
            openlineage: OpenLineageSettings::default(),
        }
    }
}

impl Default for ChangeSettings {
    fn default() -> Self {
        Self {
            approvers: Vec::new(),
            approvals: 1,
            breaking_approvals: 1,
            allowed_signers: None,
            unapproved: Unapproved::default(),
        }
    }
}

impl DatasetSpec {
    /// Datasets whose tables this stage reads: the model's inputs and what its checks refer to; sorted, without itself.
    pub fn needs(&self) -> Vec<String> {
        let mut needs = match &self.made {
            Made::Source(_) => Vec::new(),
            Made::Model(model) => model.inputs.clone(),
        };
        for check in &self.contract.checks {
            needs.extend(check.rule.other_dataset().map(str::to_owned));
        }
        needs.sort();
        needs.dedup();
        needs.retain(|name| *name != self.name);
        needs
    }
}
