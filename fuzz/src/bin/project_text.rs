//! The texts of a project: `plimsoll.toml` and a pipeline, apart at the first NUL. Reading and planning end, whatever they say.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use pipeline::read::ProjectFiles;

/// Names that the fuzzer finds on its own only after a long time.
const CONTRACT: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nname: a\nversion: 1.0.0\nstatus: active\nschema:\n\
    \x20 - name: a\n    properties:\n      - { name: x, logicalType: integer }\n      - { name: d, logicalType: date }\n\
    \x20 - name: b\n    properties:\n      - { name: x, logicalType: integer }\n";

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (settings, pipeline) = text.split_once('\0').unwrap_or(("", text));
    let contracts: BTreeMap<String, Arc<contract::Dataset>> = contract::load("a.odcs.yaml", CONTRACT)
        .datasets
        .into_iter()
        .map(|dataset| (dataset.name.clone(), Arc::new(dataset)))
        .collect();
    let files = ProjectFiles {
        settings: Some(("plimsoll.toml".into(), settings.into())),
        pipelines: vec![("pipelines/a.yaml".into(), pipeline.into())],
        models: [("models/b.sql".to_owned(), "SELECT x FROM a".to_owned())].into(),
    };
    let (project, found) = pipeline::read::read(&files, &contracts);
    for diagnostic in &found {
        let text = if diagnostic.path == "plimsoll.toml" { settings } else { pipeline };
        assert!(diagnostic.span.start <= diagnostic.span.end && diagnostic.span.end <= text.len(), "{diagnostic:?}");
    }
    let plan = pipeline::plan(&project, &pipeline::State::default());
    assert_eq!(plan, pipeline::plan(&project, &pipeline::State::default()), "a plan is a value");
});
