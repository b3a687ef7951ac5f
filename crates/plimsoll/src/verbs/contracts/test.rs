//! `contract test`: data against a contract.

use std::collections::BTreeMap;
use std::path::Path;

use app::test::{TestReport, TestRequest};
use contract::{Diagnostic, Loaded};
use engine::{Error, Kind, Result};

use super::read;
use crate::args::TestArgs;
use crate::render;
use crate::screen::Screen;
use crate::verbs::{BAD_INPUT, DONE, FAILED, blocking};
use crate::wiring;

pub fn test(screen: &mut Screen, args: &TestArgs) -> Result<u8> {
    let text = read(&args.contract)?;
    let path = args.contract.display().to_string();
    let loaded = contract::load(&path, &text);
    if loaded.contract.is_none() || loaded.diagnostics.iter().any(hinders) {
        return Ok(refuse(screen, &path, text, &loaded));
    }
    // Whatever stands in the way of a test is bad input: nothing was found out about the data.
    match tested(args, &loaded) {
        Ok(report) => {
            show(screen, args, &report);
            Ok(if report.passed() { DONE } else { FAILED })
        }
        Err(error) => {
            screen.error(&error);
            Ok(if error.kind == Kind::Bug { FAILED } else { BAD_INPUT })
        }
    }
}

fn tested(args: &TestArgs, loaded: &Loaded) -> Result<TestReport> {
    let Some(contract) = &loaded.contract else { return Err(Error::new(Kind::Input, "the file is no contract")) };
    let folder = args.contract.parent().unwrap_or_else(|| Path::new("")).to_path_buf();
    let request = TestRequest {
        folder,
        data: args.data.clone(),
        dataset: args.dataset.clone(),
        server: args.server.clone(),
        format: args.format.clone(),
        refused: args.refused.clone(),
        reveal: args.reveal,
    };
    let environment = |name: &str| std::env::var(name).ok();
    let located = app::test::locate(contract, &loaded.datasets, &request, &environment)?;
    let (files, tester) = wiring::tester(&located.store, args.memory << 20);
    blocking(app::test::test(contract, &loaded.datasets, &located, &request, &tester, files.as_ref()))
}

/// Whether an error leaves it open what is promised about the data. What is wrong with a server matters only when it is
/// used; a quality rule with a field too few or too many either still says what it means or is not checked.
fn hinders(found: &Diagnostic) -> bool {
    let element = found.element.as_str();
    let codes = [
        contract::codes::REQUIRED_FIELD.code,
        contract::codes::RULE_FIELDS.code,
        // A query that does more than read is not executed, and its check fails.
        contract::codes::NOT_A_SELECT.code,
    ];
    let form = codes.contains(&found.code);
    found.is_error() && !element.starts_with("servers[") && !(form && element.contains("quality["))
}

/// A contract with errors promises nothing that could be tested.
fn refuse(screen: &mut Screen, path: &str, text: String, loaded: &Loaded) -> u8 {
    let error = Error::new(Kind::Input, "the contract has errors").at(path).help("see `plimsoll contract lint`");
    if screen.json {
        let linted = render::linted_json(path, loaded);
        screen.document(&serde_json::json!({
            "error": { "code": "input", "message": error.message, "where": { "path": path, "line": null, "column": null }, "help": error.help },
            "diagnostics": linted["diagnostics"],
        }));
    } else {
        render::diagnostics(screen, &loaded.diagnostics, &BTreeMap::from([(path.to_owned(), text)]));
        screen.error(&error);
    }
    BAD_INPUT
}

fn show(screen: &mut Screen, args: &TestArgs, report: &TestReport) {
    let form = args.form;
    match () {
        () if screen.json => screen.document(report),
        () if form.junit => screen.text(&render::test::junit(report)),
        () if form.sarif => screen.document(&render::test::sarif(report, &args.contract.display().to_string())),
        () if form.markdown => screen.text(&render::test::markdown(report)),
        () if form.html => screen.text(&render::test::html(report)),
        () => render::test::screen(screen, report),
    }
}
