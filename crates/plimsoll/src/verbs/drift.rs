//! `drift`.

use app::drift::{DriftRequest, NewAcceptance};
use engine::Result;

use super::{DONE, FAILED, blocking, who};
use crate::args::{Args, DriftArgs, DriftVerb};
use crate::render;
use crate::screen::Screen;
use crate::wiring;

pub fn drift(args: &Args, screen: &mut Screen, of: &DriftArgs) -> Result<u8> {
    if let Some(DriftVerb::Accept { item, reason, sources, tables, who: given }) = &of.verb {
        let new = NewAcceptance {
            item: item.clone(),
            sources: !tables,
            tables: !sources,
            who: who(given.as_deref())?,
            reason: reason.clone(),
        };
        return accept(args, screen, &new);
    }
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

fn accept(args: &Args, screen: &mut Screen, new: &NewAcceptance) -> Result<u8> {
    let app = wiring::app(wiring::workspace(args)?)?;
    let report = blocking(app.accept_drift(new))?;
    match screen.json {
        true => screen.document(&report),
        false => render::drift_accepted(screen, &report, &new.who),
    }
    Ok(DONE)
}
