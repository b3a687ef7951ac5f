//! Columns that line up, whatever colour their cells have; what does not fit goes, the least important column first.

use anstyle::Style;
use contract::text::{one_line, wrapped};

use super::number::clipped;
use crate::screen::{DIM, Screen, plain};

pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub fn plain(text: impl Into<String>) -> Self {
        Self::styled(text, Style::new())
    }

    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        let text = text.into();
        let text = if text.contains(char::is_control) { plain(&one_line(&text)).into_owned() } else { text };
        Self { text, style }
    }
}

pub struct Column {
    pub title: &'static str,
    pub right: bool,
    /// The highest goes first on a narrow screen; 0 stays.
    pub expendable: u8,
}

/// Characters that a clipped last column must have to be worth showing.
const LAST_MIN: usize = 24;

pub fn table(screen: &mut Screen, columns: &[Column], rows: &[Vec<Cell>]) {
    lay_out(screen, columns, rows, false);
}

/// The last column goes over as many lines as it needs.
pub fn table_in_full(screen: &mut Screen, columns: &[Column], rows: &[Vec<Cell>]) {
    lay_out(screen, columns, rows, true);
}

fn lay_out(screen: &mut Screen, columns: &[Column], rows: &[Vec<Cell>], in_full: bool) {
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.text.chars().count());
            cells.chain([column.title.chars().count()]).max().unwrap_or(0)
        })
        .collect();
    // The last column is clipped, so it needs room only for its beginning.
    let total = |shown: &[usize]| {
        let (last, before) =
            shown.split_last().map_or((0, shown), |(last, before)| (widths[*last].min(LAST_MIN) + 2, before));
        before.iter().map(|index| widths[*index] + 2).sum::<usize>() + last
    };
    while total(&shown) > screen.width {
        let least = shown
            .iter()
            .copied()
            .filter(|index| columns[*index].expendable > 0)
            .max_by_key(|index| columns[*index].expendable);
        let Some(least) = least else { break };
        shown.retain(|index| *index != least);
    }
    let head: Vec<Cell> = columns.iter().map(|column| Cell::styled(column.title, DIM)).collect();
    line(screen, columns, &widths, &shown, &head, in_full);
    for row in rows {
        line(screen, columns, &widths, &shown, row, in_full);
    }
}

fn line(screen: &mut Screen, columns: &[Column], widths: &[usize], shown: &[usize], cells: &[Cell], in_full: bool) {
    let mut text = String::from(" ");
    let mut more = Vec::new();
    let mut used = 1;
    for (place, index) in shown.iter().enumerate() {
        let Some(cell) = cells.get(*index) else { continue };
        let last = place + 1 == shown.len();
        let room = if last { screen.width.saturating_sub(used + 1).max(8) } else { widths[*index] };
        let mut content = clipped(&cell.text, room);
        let whole = clipped(&cell.text, usize::MAX);
        if last && in_full && content != whole {
            let mut lines = wrapped(&whole, room).into_iter();
            content = lines.next().unwrap_or_default();
            more.extend(lines.map(|line| format!("{}{}{line}{:#}", " ".repeat(used + 1), cell.style, cell.style)));
        }
        let pad = " ".repeat(widths[*index].saturating_sub(content.chars().count()));
        let style = if content.is_empty() { Style::new() } else { cell.style };
        let padded = match (columns[*index].right, last) {
            (true, _) => format!("{pad}{style}{content}{style:#}"),
            (false, true) => format!("{style}{content}{style:#}"),
            (false, false) => format!("{style}{content}{style:#}{pad}"),
        };
        text.push(' ');
        text.push_str(&padded);
        text.push(' ');
        used += widths[*index] + 2;
    }
    screen.line(text);
    more.into_iter().for_each(|line| screen.line(line));
}
