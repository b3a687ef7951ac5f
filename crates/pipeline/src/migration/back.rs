//! The way back: how rows of the new table look to those who know the old one.

use super::{Migration, Protect, Rebuild, Step, migration};
use crate::terms::Terms;

/// The migration that makes rows under `now` into rows under `then`, where each of them is one: no value is lost on the way, and
/// every check that was made then is made now. Otherwise why not: one clause.
pub fn back(now: &Terms, then: &Terms) -> Result<Migration, String> {
    if now.encryption.is_some() || then.encryption.is_some() {
        return Err("the table is encrypted".to_owned());
    }
    let back = migration(now, then, false).map_err(|Rebuild(why)| why)?;
    if let Some(target) = back.targets.iter().find(|target| target.protect != Protect::Keep) {
        return Err(format!("`{}` is stored protected in another way", target.column));
    }
    for step in &back.steps {
        match step {
            Step::Convert { column, from, to } => {
                return Err(format!("`{column}` is {from}, and not every value of that is {to}"));
            }
            Step::Checks { added, changed, .. } if back.checked || back.audited => {
                let first = added.iter().chain(changed).next().map_or("a check", String::as_str);
                return Err(format!("{first} is not made any more as it was"));
            }
            _ => {}
        }
    }
    match back.checked || back.audited {
        true => Err("what its contract asks of rows is not asked any more".to_owned()),
        false => Ok(back),
    }
}
