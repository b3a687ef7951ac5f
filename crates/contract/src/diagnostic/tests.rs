//! What a person sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{RenderOptions, render};
use crate::load;

#[test]
fn a_finding_shows_its_line() {
    let text = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\nschema:\n  - nam: t\n";
    let loaded = load("contracts/a.odcs.yaml", text);
    let shown: String = loaded.diagnostics.iter().map(|found| render(found, text, RenderOptions::default())).collect();
    insta::assert_snapshot!(shown, @r"
    error[PL110]: a schema object needs the field `name`
     --> contracts/a.odcs.yaml:7:5
      |
    7 |   - nam: t
      |     ^^^^^^
      = help: The dataset's name, as SQL and pipelines use it.
    error[PL112]: a schema object has no field `nam`
     --> contracts/a.odcs.yaml:7:5
      |
    7 |   - nam: t
      |     ^^^
      = help: did you mean `name`?
    ");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let text = "a: \"\u{1b}[31m\"\nb: [";
    let loaded = load("x", text);
    for found in &loaded.diagnostics {
        let shown = render(found, text, RenderOptions { colour: false, width: 40 });
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
}
