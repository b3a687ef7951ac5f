//! Files and tables looked at without a project: which of their columns look personal.

use std::collections::BTreeMap;

use contract::privacy::detect::Detector;
use engine::probe::Format;
use engine::tester::Place;
use engine::{Probe, Result, Tester};
use pipeline::lineage::ColumnRef;

use super::{ScanReport, suspect};
use crate::test::paths;

#[derive(Debug, Clone, Default)]
pub struct DataRequest {
    /// Files, folders, globs, URLs, Delta tables.
    pub paths: Vec<String>,
    /// Otherwise the ending of each file says it.
    pub format: Option<String>,
    /// Rows of each that are looked at.
    pub rows: usize,
}

/// Places of one kind with the same columns.
struct Group {
    name: String,
    columns: Vec<String>,
    place: Place,
}

/// Looks at all of the data. Files of one folder with the same columns are looked at together.
pub async fn data(request: &DataRequest, tester: &dyn Tester, probe: &dyn Probe) -> Result<ScanReport> {
    let mut report = ScanReport::default();
    for group in groups(request, tester, probe).await? {
        let mut detectors: BTreeMap<&str, Detector> =
            group.columns.iter().map(|name| (name.as_str(), Detector::of(name))).collect();
        let mut each = |column: &str, value: &str| {
            if let Some(detector) = detectors.get_mut(column) {
                detector.see(value);
            }
            Ok(true)
        };
        let looked = tester.look(&group.place, &group.columns, request.rows, &mut each).await?;
        report.columns += group.columns.len();
        for column in &group.columns {
            let found = detectors.get(column.as_str()).map(Detector::suspicions).unwrap_or_default();
            report.suspects.extend(found.into_iter().map(|found| suspect(&group.name, column, None, found)));
        }
        let of = |column: String| ColumnRef { dataset: group.name.clone(), column };
        report.unread.extend(looked.unread.into_iter().map(of));
    }
    report.suspects.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    Ok(report)
}

async fn groups(request: &DataRequest, tester: &dyn Tester, probe: &dyn Probe) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    for path in &request.paths {
        for place in paths::places(path, request.format.as_deref(), probe).await? {
            let columns = tester.columns(&place).await?;
            if let Some(known) = groups.iter_mut().find(|group| belongs(group, &place, &columns)) {
                join(&mut known.place, place);
            } else {
                groups.push(Group { name: name(&place), columns, place });
            }
        }
    }
    for group in &mut groups {
        if let Place::Files { files, .. } = &group.place
            && files.len() > 1
        {
            group.name = format!("{} and {} more", group.name, files.len() - 1);
        }
    }
    Ok(groups)
}

fn belongs(group: &Group, place: &Place, columns: &[String]) -> bool {
    let parts = |place: &Place| -> Option<(String, Format)> {
        let Place::Files { files, format } = place else { return None };
        let path = &files.first()?.path;
        Some((path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(), format.clone()))
    };
    group.columns == columns && parts(place).is_some() && parts(&group.place) == parts(place)
}

fn join(known: &mut Place, more: Place) {
    if let (Place::Files { files, .. }, Place::Files { files: more, .. }) = (known, more) {
        for file in more {
            if files.iter().all(|known| known.path != file.path) {
                files.push(file);
            }
        }
    }
}

fn name(place: &Place) -> String {
    match place {
        Place::Files { files, .. } => files.first().map(|file| file.path.clone()).unwrap_or_default(),
        Place::Delta { url } => url.clone(),
        Place::Postgres { table, .. } => table.clone(),
    }
}
