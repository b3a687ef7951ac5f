//! The graph as a drawing: a box per dataset with a line per column, and curves between the columns.

use std::collections::BTreeMap;

use pipeline::lineage::Graph;

use super::layout::{Placed, layout};
use super::{escaped, links};

const LINE: usize = 22;
const HEAD: usize = 28;
const GAP: usize = 28;
const BETWEEN: usize = 140;
const MARGIN: usize = 20;
/// Of the sans-serif font at 13 pixels, generously.
const LETTER: usize = 8;

pub fn svg(graph: &Graph) -> String {
    let placed = layout(graph);
    let boxes = boxes(graph, &placed);
    let width = boxes.iter().map(|of| of.x + of.width).max().unwrap_or(0) + MARGIN;
    let height = boxes.iter().map(|of| of.y + of.height).max().unwrap_or(0) + MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let mut ends: BTreeMap<usize, (usize, usize, usize)> = BTreeMap::new();
    for (of, placed) in boxes.iter().zip(&placed) {
        for (line, column) in placed.columns.iter().enumerate() {
            ends.insert(*column, (of.x, of.x + of.width, of.y + HEAD + line * LINE + LINE / 2));
        }
    }
    let mut curves: Vec<(bool, String)> = Vec::new();
    for ((from, to), link) in links(graph) {
        let (Some((_, x1, y1)), Some((x2, _, y2))) = (ends.get(&from), ends.get(&to)) else { continue };
        let (colour, dash) = match (link.is_direct(), link.masking) {
            (true, true) => ("#b45309", ""),
            (true, false) => ("#1d4ed8", ""),
            (false, _) => ("#9ca3af", " stroke-dasharray=\"4 4\""),
        };
        let bend = x1.abs_diff(*x2).max(80) / 2;
        curves.push((
            link.is_direct(),
            format!(
                "<path d=\"M{x1} {y1} C{} {y1}, {} {y2}, {x2} {y2}\" fill=\"none\" stroke=\"{colour}\"{dash}>\
                 <title>{}</title></path>\n",
                x1 + bend,
                x2.saturating_sub(bend),
                escaped(&link.words())
            ),
        ));
    }
    // Values lie over what only decides.
    curves.sort_by_key(|(direct, _)| *direct);
    curves.iter().for_each(|(_, curve)| out.push_str(curve));
    for (of, placed) in boxes.iter().zip(&placed) {
        drawn(&mut out, graph, of, placed);
    }
    out.push_str("</svg>\n");
    out
}

struct Box {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

fn boxes(graph: &Graph, placed: &[Placed]) -> Vec<Box> {
    let width = |of: &Placed| {
        let names = of.columns.iter().filter_map(|column| Some(graph.get(*column)?.column.chars().count()));
        names.chain([of.dataset.chars().count() + 2]).max().unwrap_or(0) * LETTER + 24
    };
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for of in placed {
        let widest = widths.entry(of.layer).or_default();
        *widest = (*widest).max(width(of));
    }
    let mut x = MARGIN;
    let mut lefts: BTreeMap<usize, usize> = BTreeMap::new();
    for (layer, width) in &widths {
        lefts.insert(*layer, x);
        x += width + BETWEEN;
    }
    let mut order: Vec<usize> = (0..placed.len()).collect();
    order.sort_by_key(|index| (placed[*index].layer, placed[*index].row));
    let mut bottoms: BTreeMap<usize, usize> = BTreeMap::new();
    let mut boxes: Vec<Option<Box>> = placed.iter().map(|_| None).collect();
    for index in order {
        let of = &placed[index];
        let y = bottoms.get(&of.layer).copied().unwrap_or(MARGIN);
        let height = HEAD + of.columns.len() * LINE + 6;
        bottoms.insert(of.layer, y + height + GAP);
        boxes[index] = Some(Box { x: lefts[&of.layer], y, width: widths[&of.layer], height });
    }
    boxes.into_iter().flatten().collect()
}

fn drawn(out: &mut String, graph: &Graph, of: &Box, placed: &Placed) {
    let Box { x, y, width, height } = of;
    out.push_str(&format!(
        "<g><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\" fill=\"#f9fafb\" stroke=\"#374151\"/>\
         <rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEAD}\" rx=\"5\" fill=\"#374151\"/>\
         <text x=\"{}\" y=\"{}\" fill=\"#ffffff\" font-weight=\"600\">{}</text>",
        x + 10,
        y + 19,
        escaped(&placed.dataset)
    ));
    for (line, column) in placed.columns.iter().enumerate() {
        let name = graph.get(*column).map(|of| of.column.as_str()).unwrap_or_default();
        let baseline = y + HEAD + line * LINE + 16;
        out.push_str(&format!("<text x=\"{}\" y=\"{baseline}\" fill=\"#111827\">{}</text>", x + 10, escaped(name)));
    }
    out.push_str("</g>\n");
}
