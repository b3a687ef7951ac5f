//! OpenLineage events (spec 2-0-2) from what the ledger says happened.
//!
//! A run is a job of its own, named as the project; each stage is a job below it, named `pipeline.dataset`. Every event of
//! the ledger gives at most one event here, so a ledger can be told again from any place.

mod assertions;
mod datasets;
mod facet;
mod ids;

use pipeline::event::{RunOutcome, StageHeld, StagePublished};
use pipeline::lineage::Graph;
use pipeline::{DatasetSpec, Event, Made, Project};
use serde_json::{Map, Value, json};

pub use ids::stage_run;

use facet::{facet, moment};

const SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// What events are told against.
pub struct Context<'a> {
    /// Of the jobs.
    pub namespace: &'a str,
    /// A URI that names this Plimsoll.
    pub producer: &'a str,
    pub project: &'a Project,
    pub graph: &'a Graph,
    /// Of the project's folder, ending in `/`.
    pub root_url: &'a str,
    /// Of the warehouse, ending in `/`; a table's is this and its name.
    pub warehouse_url: &'a str,
    pub repository: Option<&'a Repository>,
}

/// The git repository that the project's files are in, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repository {
    /// Without names and passwords.
    pub url: Option<String>,
    pub commit: Option<String>,
    pub branch: Option<String>,
    /// The project's folder in it, ending in `/` unless empty.
    pub folder: String,
}

/// The event of OpenLineage that says what an event of the ledger says; `held` is the question that a decision is about.
pub fn event(context: &Context<'_>, time_ms: i64, event: &Event, held: Option<&StageHeld>) -> Option<Value> {
    let tell = Tell { context, time_ms };
    match event {
        Event::RunStarted { run, .. } => Some(tell.of_run(run, "START")),
        Event::RunEnded { run, outcome } => Some(tell.of_run(
            run,
            match outcome {
                RunOutcome::Done | RunOutcome::Waiting => "COMPLETE",
                RunOutcome::Failed => "FAIL",
                RunOutcome::Cancelled => "ABORT",
            },
        )),
        Event::StageStarted { run, dataset } => {
            let spec = context.project.datasets.get(dataset)?;
            Some(tell.of_stage(run, spec, "START", datasets::Said::default(), Map::new()))
        }
        Event::StagePublished(published) => tell.published(published),
        Event::StageHeld(held) => tell.held(held),
        Event::StageFailed { run, dataset, message, .. } => {
            let spec = context.project.datasets.get(dataset)?;
            let error = json!({ "message": message, "programmingLanguage": "SQL" });
            let facets = one("errorMessage", facet(context, "1-0-1/ErrorMessageRunFacet", error));
            Some(tell.of_stage(run, spec, "FAIL", datasets::Said::default(), facets))
        }
        Event::GateDecided { approved: false, .. } | Event::GateSuperseded { .. } | Event::Gate(_) => {
            let held = held?;
            let spec = context.project.datasets.get(&held.dataset)?;
            Some(tell.of_stage(&held.run, spec, "ABORT", datasets::Said::default(), Map::new()))
        }
        _ => None,
    }
}

/// One event on its way.
struct Tell<'a> {
    context: &'a Context<'a>,
    time_ms: i64,
}

impl Tell<'_> {
    fn of_run(&self, run: &str, kind: &str) -> Value {
        let context = self.context;
        let mut facets = self.nominal(run);
        facets.extend(self.engine());
        let mut event = self.base(kind);
        event.insert("run".into(), json!({ "runId": ids::run(run), "facets": facets }));
        event.insert(
            "job".into(),
            json!({ "namespace": context.namespace, "name": self.root_name(), "facets": self.job_type("RUN") }),
        );
        event.insert("inputs".into(), json!([]));
        event.insert("outputs".into(), json!([]));
        Value::Object(event)
    }

    fn published(&self, published: &StagePublished) -> Option<Value> {
        let spec = self.context.project.datasets.get(&published.dataset)?;
        let said = datasets::Said {
            version: Some(published.version),
            positions: Some(&published.positions),
            files: &published.files,
            counts: Some(published.counts),
            verdicts: &published.verdicts,
        };
        Some(self.of_stage(&published.run, spec, "COMPLETE", said, Map::new()))
    }

    /// What is held may still be published, so the stage's run has not ended.
    fn held(&self, held: &StageHeld) -> Option<Value> {
        let spec = self.context.project.datasets.get(&held.dataset)?;
        let said = datasets::Said { counts: Some(held.counts), verdicts: &held.verdicts, ..datasets::Said::default() };
        Some(self.of_stage(&held.run, spec, "OTHER", said, Map::new()))
    }

    fn of_stage(
        &self,
        run: &str,
        spec: &DatasetSpec,
        kind: &str,
        said: datasets::Said<'_>,
        mut facets: Map<String, Value>,
    ) -> Value {
        let context = self.context;
        let parent = json!({
            "run": { "runId": ids::run(run) },
            "job": { "namespace": context.namespace, "name": self.root_name() },
            "root": {
                "run": { "runId": ids::run(run) },
                "job": { "namespace": context.namespace, "name": self.root_name() },
            },
        });
        facets.insert("parent".into(), facet(context, "1-2-0/ParentRunFacet", parent));
        facets.extend(self.nominal(run));
        facets.extend(self.engine());
        let mut event = self.base(kind);
        event.insert("run".into(), json!({ "runId": stage_run(run, &spec.name), "facets": facets }));
        let name = format!("{}.{}", spec.pipeline, spec.name);
        event.insert("job".into(), json!({ "namespace": context.namespace, "name": name, "facets": self.job(spec) }));
        event.insert("inputs".into(), Value::Array(datasets::inputs(context, spec, &said)));
        // An event without a version says nothing of what stands in the table.
        event.insert("outputs".into(), json!([datasets::output(context, spec, &said)]));
        Value::Object(event)
    }

    fn base(&self, kind: &str) -> Map<String, Value> {
        let mut event = Map::new();
        event.insert("eventType".into(), json!(kind));
        event.insert("eventTime".into(), json!(moment(self.time_ms)));
        event.insert("producer".into(), json!(self.context.producer));
        event.insert("schemaURL".into(), json!(SCHEMA));
        event
    }

    fn root_name(&self) -> &str {
        let name = self.context.project.settings.name.as_str();
        if name.is_empty() { "plimsoll" } else { name }
    }

    /// A run that no schedule asked for is meant for the time at which it began.
    fn nominal(&self, run: &str) -> Map<String, Value> {
        let started = ids::time_ms(run).unwrap_or(self.time_ms);
        one(
            "nominalTime",
            facet(self.context, "1-0-1/NominalTimeRunFacet", json!({ "nominalStartTime": moment(started) })),
        )
    }

    fn engine(&self) -> Map<String, Value> {
        let engine = json!({ "version": env!("CARGO_PKG_VERSION"), "name": "plimsoll" });
        one("processing_engine", facet(self.context, "1-1-1/ProcessingEngineRunFacet", engine))
    }

    fn job_type(&self, kind: &str) -> Map<String, Value> {
        let job_type = json!({ "processingType": "BATCH", "integration": "PLIMSOLL", "jobType": kind });
        one("jobType", facet(self.context, "2-0-4/JobTypeJobFacet", job_type))
    }

    fn job(&self, spec: &DatasetSpec) -> Map<String, Value> {
        let Made::Model(model) = &spec.made else { return self.job_type("SOURCE") };
        let mut facets = self.job_type("MODEL");
        let sql = json!({ "query": model.sql, "dialect": "datafusion" });
        facets.insert("sql".into(), facet(self.context, "1-1-0/SQLJobFacet", sql));
        facets.insert("sourceCodeLocation".into(), self.location(&model.path));
        facets
    }

    fn location(&self, path: &str) -> Value {
        let mut location = Map::new();
        let repository = self.context.repository;
        let web = repository.and_then(|repository| repository.url.as_deref()).filter(|url| url.contains("://"));
        location.insert("type".into(), json!(if repository.is_some() { "git" } else { "file" }));
        let file_url = format!("{}{}", self.context.root_url, ids::escaped(path));
        location.insert("url".into(), json!(web.unwrap_or(&file_url)));
        match repository {
            Some(repository) => {
                location.insert("path".into(), json!(format!("{}{path}", repository.folder)));
                let known =
                    [("repoUrl", &repository.url), ("version", &repository.commit), ("branch", &repository.branch)];
                for (name, value) in known {
                    if let Some(value) = value {
                        location.insert(name.into(), json!(value));
                    }
                }
            }
            None => {
                location.insert("path".into(), json!(path));
            }
        }
        facet(self.context, "1-1-0/SourceCodeLocationJobFacet", Value::Object(location))
    }
}

fn one(name: &str, facet: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), facet)])
}

#[cfg(test)]
mod tests;
