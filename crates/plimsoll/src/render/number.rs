//! Numbers for people.

pub use pipeline::number::count;

/// `1 row`, `2 rows`.
pub fn of(value: u64, word: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {word}{plural}", count(value))
}

pub fn seconds(value: f64) -> String {
    if value < 0.0995 {
        format!("{:.0} ms", value * 1000.0)
    } else if value < 60.0 {
        format!("{value:.2} s")
    } else {
        format!("{:.0} min {:02.0} s", (value / 60.0).floor(), value % 60.0)
    }
}

/// One decimal; a share above nothing is never shown as 0.
pub fn percent(ratio: f64) -> String {
    if ratio > 0.0 && ratio < 0.0005 {
        return "under 0.1 %".to_owned();
    }
    format!("{:.1} %", ratio * 100.0)
}

/// Rows per second, short.
pub fn rate(rows: u64, seconds: f64) -> String {
    let rate = rows as f64 / seconds.max(0.001);
    if rate >= 999_500.0 {
        format!("{:.1} M/s", rate / 1e6)
    } else if rate >= 1000.0 {
        format!("{:.0} k/s", rate / 1e3)
    } else {
        format!("{rate:.0} /s")
    }
}

/// A moment as local wall-clock text.
pub fn moment(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms)
        .map(|time| time.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}

/// At most `width` characters, the cut shown.
pub fn clipped(text: &str, width: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
    if plain.chars().count() <= width {
        return plain;
    }
    let mut clipped: String = plain.chars().take(width.saturating_sub(1)).collect();
    clipped.push('…');
    clipped
}

/// A size as people say it.
pub fn bytes(value: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut shown = (value as f64, "B");
    for unit in units {
        if shown.0 < 1024.0 {
            break;
        }
        shown = (shown.0 / 1024.0, unit);
    }
    match shown {
        (_, "B") => format!("{value} B"),
        (value, unit) => format!("{value:.1} {unit}"),
    }
}
