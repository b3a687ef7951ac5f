//! `bench-copy`: the bare engine copying a CSV to Parquet, typed and unchecked. What Plimsoll's own cost is measured against.

use std::path::Path;
use std::time::Instant;

use engine::Result;

use super::DONE;
use crate::screen::Screen;

pub async fn copy(screen: &mut Screen, input: &Path, output: &Path) -> Result<u8> {
    let began = Instant::now();
    let rows = local::copy_unchecked(input, output).await?;
    screen.line(format!("{rows} rows in {:.2} s", began.elapsed().as_secs_f64()));
    Ok(DONE)
}
