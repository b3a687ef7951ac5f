//! The flow of classes along the graph of columns, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use contract::{CodeInfo, Column};
use serde::Serialize;

use super::{Exemption, Level, PrivacySettings, Then};
use crate::lineage::{ColumnRef, Edge, Graph, Kind};
use crate::project::{DatasetSpec, Made, Project};
use crate::read::codes;

/// Everything that is known about a project's columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// Columns that are more than public, or that something protected flows into.
    pub columns: Vec<Standing>,
    pub findings: Vec<Finding>,
    /// Exemptions that hold today and are needed.
    pub exempted: Vec<Exempted>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    #[serde(flatten)]
    pub of: ColumnRef,
    /// By its own contract.
    pub declared: Level,
    /// The highest level that flows in.
    pub inflow: Level,
    /// The level of what is stored.
    pub stored: Level,
    pub protection: Option<&'static str>,
    /// From the source column of the highest level to this one.
    pub path: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    #[serde(flatten)]
    pub of: ColumnRef,
    pub level: Level,
    /// How it comes from the step before; of the first one nothing.
    pub kind: Option<Kind>,
}

/// What a finding points at.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    Column(ColumnRef),
    Dataset(String),
    /// A place in the settings.
    Settings(contract::Span),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub code: CodeInfo,
    pub subject: Subject,
    pub message: String,
    pub help: String,
    /// The way of the value, where the finding is about one.
    pub path: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exempted {
    #[serde(flatten)]
    pub of: ColumnRef,
    pub class: Level,
    pub path: Vec<Step>,
    pub who: String,
    pub why: String,
    pub until: String,
}

/// `today` is `YYYY-MM-DD`.
pub fn judge(project: &Project, graph: &Graph, today: &str) -> Judged {
    let mut flow = Flow::new(project, graph);
    flow.spread();
    flow.judge(today);
    flow.indirect();
    flow.keys();
    flow.partitions();
    flow.judged
}

struct Flow<'a> {
    project: &'a Project,
    settings: &'a PrivacySettings,
    names: Vec<&'a ColumnRef>,
    /// By column: edges that a value flows in through.
    direct_in: HashMap<usize, Vec<&'a Edge>>,
    direct_out: HashMap<usize, Vec<&'a Edge>>,
    indirect: Vec<&'a Edge>,
    own: Vec<Level>,
    inflow: Vec<Level>,
    /// The edge that brought the highest level.
    through: Vec<Option<&'a Edge>>,
    judged: Judged,
}

impl<'a> Flow<'a> {
    fn new(project: &'a Project, graph: &'a Graph) -> Self {
        let names: Vec<&ColumnRef> = graph.columns().collect();
        let count = names.len();
        let mut flow = Self {
            project,
            settings: &project.settings.privacy,
            names,
            direct_in: HashMap::new(),
            direct_out: HashMap::new(),
            indirect: Vec::new(),
            own: vec![Level::Public; count],
            inflow: vec![Level::Public; count],
            through: vec![None; count],
            judged: Judged::default(),
        };
        for edge in graph.edges() {
            if !edge.kind.is_direct() {
                flow.indirect.push(edge);
            } else if passes(edge) {
                flow.direct_in.entry(edge.to).or_default().push(edge);
                flow.direct_out.entry(edge.from).or_default().push(edge);
            }
        }
        for index in 0..count {
            flow.own[index] = flow.declared(index);
        }
        flow
    }

    fn spec(&self, dataset: &str) -> Option<&'a DatasetSpec> {
        self.project.datasets.get(dataset)
    }

    fn column(&self, index: usize) -> Option<&'a Column> {
        let of = self.names[index];
        self.spec(&of.dataset)?.contract.column(&of.column)
    }

    /// The level that the contract gives the column. A class that nobody declared is as bad as can be.
    fn declared(&mut self, index: usize) -> Level {
        let Some(column) = self.column(index) else { return Level::Public };
        let mut level = Level::Public;
        for class in &column.privacy.classes {
            level = level.max(self.class(index, class));
        }
        for tag in &column.privacy.tags {
            level = level.max(self.settings.tag(tag).unwrap_or_default());
        }
        let left = column.privacy.protection.as_ref().and_then(|protection| protection.leaves.as_ref());
        let declassified = column.privacy.declassified.as_ref().map(|declassified| &declassified.to);
        for class in left.into_iter().chain(declassified) {
            self.class(index, class);
        }
        level
    }

    fn class(&mut self, index: usize, class: &str) -> Level {
        if let Some(level) = self.settings.class(class) {
            return level;
        }
        let of = self.names[index].clone();
        let known: Vec<&str> = Level::ALL.into_iter().map(Level::word).collect();
        let mut more: Vec<&str> = self.settings.classes.keys().map(String::as_str).collect();
        more.splice(0..0, known);
        self.judged.findings.push(Finding {
            code: codes::CLASS_UNKNOWN,
            message: format!("nobody declared the class `{class}` of `{of}`"),
            help: format!("say what it means under [privacy.classes] in plimsoll.toml, or use {}", more.join(", ")),
            subject: Subject::Column(of),
            path: Vec::new(),
        });
        Level::SpecialCategory
    }

    /// The level of what the column's table holds.
    fn stored(&self, index: usize) -> Level {
        let declassified = self.column(index).and_then(|column| column.privacy.declassified.as_ref());
        match declassified {
            Some(to) if self.is_transformed(index) => self.settings.class(&to.to).unwrap_or(Level::SpecialCategory),
            _ => self.undeclared(index),
        }
    }

    /// The same, without what is only declared to be less.
    fn undeclared(&self, index: usize) -> Level {
        let whole = self.own[index].max(self.inflow[index]);
        let protection = self.column(index).and_then(|column| column.privacy.protection.as_ref());
        let Some(protection) = protection else { return whole };
        let usual = if protection.method.leaves_nothing() { Level::Public } else { Level::Internal };
        let left = protection.leaves.as_ref().map_or(Some(usual), |class| self.settings.class(class));
        left.unwrap_or(Level::SpecialCategory).min(whole)
    }

    /// Whether no protected value is handed on as it is.
    fn is_transformed(&self, index: usize) -> bool {
        let edges = self.direct_in.get(&index).map(Vec::as_slice).unwrap_or_default();
        let copied = |edge: &&Edge| edge.kind == Kind::Identity && self.undeclared(edge.from) >= self.settings.floor;
        !edges.is_empty() && !edges.iter().any(copied)
    }

    /// Levels only rise, so this ends.
    fn spread(&mut self) {
        let mut open: VecDeque<usize> =
            (0..self.names.len()).filter(|index| self.own[*index] > Level::Public).collect();
        let mut waits: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(index) = open.pop_front() {
            waits.remove(&index);
            let level = self.stored(index);
            for edge in self.direct_out.get(&index).cloned().unwrap_or_default() {
                if level > self.inflow[edge.to] && edge.to != index {
                    self.inflow[edge.to] = level;
                    self.through[edge.to] = Some(edge);
                    if waits.insert(edge.to) {
                        open.push_back(edge.to);
                    }
                }
            }
        }
    }

    fn path(&self, index: usize) -> Vec<Step> {
        let step = |index: usize, kind| Step { of: self.names[index].clone(), level: self.stored(index), kind };
        let mut steps = Vec::new();
        let mut at = index;
        let mut seen = BTreeSet::from([at]);
        while let Some(edge) = self.through[at] {
            steps.push(step(at, Some(edge.kind)));
            at = edge.from;
            // Where the value is more sensitive than what flows in, it begins.
            if !seen.insert(at) || self.own[at] > self.inflow[at] {
                break;
            }
        }
        steps.push(step(at, None));
        steps.reverse();
        steps
    }

    fn judge(&mut self, today: &str) {
        let exemptions = self.exemptions(today);
        let mut used: BTreeSet<&ColumnRef> = BTreeSet::new();
        for index in 0..self.names.len() {
            let of = self.names[index];
            let (declared, inflow, stored) = (self.own[index], self.inflow[index], self.stored(index));
            if declared == Level::Public && inflow == Level::Public {
                continue;
            }
            let column = self.column(index);
            let privacy = column.map(|column| &column.privacy);
            let protection = privacy.and_then(|privacy| privacy.protection.as_ref());
            let path = self.path(index);
            self.judged.columns.push(Standing {
                of: of.clone(),
                declared,
                inflow,
                stored,
                protection: protection.map(|protection| protection.method.word()),
                path: path.clone(),
            });
            if inflow < self.settings.floor || inflow <= declared || protection.is_some() || column.is_none() {
                continue;
            }
            if privacy.is_some_and(|privacy| privacy.declassified.is_some()) {
                if !self.is_transformed(index) {
                    self.say(codes::DECLASSIFIED_COPY, index, &path);
                }
                continue;
            }
            match exemptions.get(of) {
                Some(exemption) => {
                    used.insert(of);
                    self.judged.exempted.push(Exempted {
                        of: of.clone(),
                        class: inflow,
                        path,
                        who: exemption.who.clone(),
                        why: exemption.why.clone(),
                        until: exemption.until.clone(),
                    });
                }
                None => self.say(codes::UNPROTECTED, index, &path),
            }
        }
        for (of, exemption) in &exemptions {
            if !used.contains(*of) {
                let message = format!("`{of}` needs no exemption");
                self.judged.findings.push(about(codes::EXEMPTION_UNUSED, exemption, message, "take it out"));
            }
        }
    }

    /// Those that hold today.
    fn exemptions(&mut self, today: &str) -> BTreeMap<&'a ColumnRef, &'a Exemption> {
        let mut holding = BTreeMap::new();
        for exemption in &self.settings.exemptions {
            let of = &exemption.column;
            if !self.names.contains(&of) {
                let message = format!("no dataset has the column `{of}`");
                let help = "name it as DATASET.COLUMN";
                self.judged.findings.push(about(codes::EXEMPTION_COLUMN, exemption, message, help));
            } else if exemption.until.as_str() < today {
                let message = format!("the exemption of `{of}` ended on {}", exemption.until);
                let help = "protect or declassify the column, or have the exemption renewed by whoever granted it";
                self.judged.findings.push(about(codes::EXEMPTION_EXPIRED, exemption, message, help));
                // One mistake, one finding.
                holding.insert(of, exemption);
            } else {
                holding.insert(of, exemption);
            }
        }
        holding
    }

    fn say(&mut self, code: CodeInfo, index: usize, path: &[Step]) {
        let of = self.names[index];
        let class = self.inflow[index];
        let (message, help) = if code.code == codes::UNPROTECTED.code {
            let message = format!("`{of}` holds {class} data unprotected, and its contract says {}", self.own[index]);
            let help = "give the column a protection, its true classification, or `declassify` where the SQL takes \
                        away what was sensitive";
            (message, help)
        } else {
            let message = format!("`{of}` is declared less than {class}, but its SQL only hands the value on");
            (message, "a copy is as sensitive as the original: protect it, or compute something else")
        };
        self.judged.findings.push(Finding {
            code,
            subject: Subject::Column(of.clone()),
            message,
            help: help.to_owned(),
            path: path.to_vec(),
        });
    }

    /// Every protection needs its key, and the dead letters of a dataset with protections are kept encrypted.
    fn keys(&mut self) {
        let declared = |id: &Option<String>| id.as_ref().is_some_and(|id| self.settings.keys.contains_key(id));
        let mut findings = Vec::new();
        for spec in self.project.datasets.values() {
            let protected =
                spec.contract.columns.iter().filter_map(|column| Some((column, column.privacy.protection.as_ref()?)));
            let mut any = None;
            for (column, protection) in protected {
                any = any.or(Some(column));
                if let Some(key) = protection.key.as_ref().filter(|key| !self.settings.keys.contains_key(*key)) {
                    let message = format!("the protection of `{}.{}` needs the key `{key}`", spec.name, column.name);
                    findings.push((spec, column, message));
                }
            }
            if let Some(encryption) = &spec.contract.encryption {
                let column = spec.contract.columns.first();
                let key = encryption.key.as_ref().or(self.settings.key.as_ref());
                if let (Some(column), false) = (column, declared(&key.cloned())) {
                    let id = key.map_or(String::new(), |key| format!(" `{key}`"));
                    let message = format!("the encryption of `{}` needs a key{id}", spec.name);
                    findings.push((spec, column, message));
                }
            }
            if let Some(column) = any.filter(|_| !declared(&self.settings.key)) {
                let message = format!("`{}` has protected columns, and the project has no key", spec.name);
                findings.push((spec, column, message));
            }
        }
        let help = "declare it under [privacy.keys] in plimsoll.toml, for example k1 = { env = \"PLIMSOLL_KEY\" }; \
                    `key = \"k1\"` under [privacy] says which one is used now";
        self.judged.findings.extend(findings.into_iter().map(|(spec, column, message)| Finding {
            code: codes::KEY_UNDECLARED,
            subject: Subject::Column(ColumnRef { dataset: spec.name.clone(), column: column.name.clone() }),
            message,
            help: help.to_owned(),
            path: Vec::new(),
        }));
    }

    /// Values of partition columns stand in paths and in the table's log, where nothing is encrypted.
    fn partitions(&mut self) {
        let encrypted = self.project.datasets.values().filter(|spec| spec.contract.encryption.is_some());
        for spec in encrypted {
            for by in &spec.table.partition_by {
                let Some(column) = spec.contract.column(&by.column) else { continue };
                let public = !column.privacy.classes.is_empty()
                    && column.privacy.classes.iter().all(|class| self.settings.class(class) == Some(Level::Public));
                if public {
                    continue;
                }
                let of = ColumnRef { dataset: spec.name.clone(), column: column.name.clone() };
                self.judged.findings.push(Finding {
                    code: codes::ENCRYPTION_PARTITION,
                    message: format!("`{}` is encrypted, and partitioned by `{}`", spec.name, column.name),
                    help:
                        "its values would stand in paths and in the log: leave the partition out, or give the column \
                           `classification: public`"
                            .to_owned(),
                    subject: Subject::Column(of),
                    path: Vec::new(),
                });
            }
        }
    }

    /// What only decides about rows: reported once for each dataset and deciding column.
    fn indirect(&mut self) {
        let mut told: BTreeSet<(&str, &ColumnRef, Kind)> = BTreeSet::new();
        for edge in std::mem::take(&mut self.indirect) {
            let (from, dataset) = (self.names[edge.from], self.names[edge.to].dataset.as_str());
            let level = self.stored(edge.from);
            let reported = matches!(edge.kind, Kind::GroupBy | Kind::Filter | Kind::Conditional);
            let Some(spec) = self.spec(dataset).filter(|spec| matches!(spec.made, Made::Model(_))) else { continue };
            if level < self.settings.floor || !reported || !told.insert((dataset, from, edge.kind)) {
                continue;
            }
            let what = match edge.kind {
                Kind::GroupBy => "is grouped by",
                Kind::Filter => "is filtered on",
                _ => "depends on conditions over",
            };
            let message = format!("`{dataset}` {what} `{from}`, which is {level}");
            let groups = self.settings.small_groups;
            let (code, help) = if edge.kind != Kind::GroupBy {
                (codes::STEERED, "who can see which rows are there learns something about the column")
            } else if groups.then == Then::Allow || spec.contract.least_group() >= Some(groups.least) {
                continue;
            } else {
                let code = if groups.then == Then::Refuse { codes::SMALL_GROUPS_REFUSED } else { codes::SMALL_GROUPS };
                (
                    code,
                    "a group of one is a person: add the check `kAnonymity` to its contract, or group by something coarser",
                )
            };
            self.judged.findings.push(Finding {
                code,
                subject: Subject::Dataset(dataset.to_owned()),
                message,
                help: help.to_owned(),
                path: self.path(edge.from),
            });
        }
    }
}

/// A count says nothing about a value. A hash without a key can be tried out, so what OpenLineage calls masking is not enough.
fn passes(edge: &Edge) -> bool {
    !(edge.masking && edge.kind == Kind::Aggregation)
}

fn about(code: CodeInfo, exemption: &Exemption, message: String, help: &str) -> Finding {
    Finding { code, subject: Subject::Settings(exemption.span), message, help: help.to_owned(), path: Vec::new() }
}
