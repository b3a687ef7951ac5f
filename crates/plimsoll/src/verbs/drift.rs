//! `drift`.

use app::drift::DriftRequest;
use engine::Result;

use super::{DONE, FAILED, blocking};
use crate::args::{Args, DriftArgs};
use crate::render;
use crate::screen::Screen;
use crate::wiring;

pub fn drift(args: &Args, screen: &mut Screen, of: &DriftArgs) -> Result<u8> {
    let workspace = wiring::workspace(args)?;
    let tester = wiring::inspector(&workspace)?;
    let app = wiring::app(workspace)?;
    let request = DriftRequest { datasets: of.datasets.clone(), sources: !of.tables, tables: !of.sources };
    let report = blocking(app.drift(&request, &tester))?;
    match screen.json {
        true => screen.document(&report),
        false => render::drift(screen, &report),
    }
    Ok(if report.is_clean() { DONE } else { FAILED })
}
