//! `bench-copy`, `bench-scan`: the bare engine copying a CSV to Parquet, or reading Parquet, unchecked. What Plimsoll's own
//! cost is measured against.

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

pub async fn scan(screen: &mut Screen, input: &Path) -> Result<u8> {
    let began = Instant::now();
    let rows = local::scan_unchecked(input).await?;
    screen.line(format!("{rows} rows in {:.2} s", began.elapsed().as_secs_f64()));
    Ok(DONE)
}
