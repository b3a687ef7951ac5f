//! Where the boxes of datasets stand: in layers from what is read to what is made, near to what they are linked with.

use std::collections::BTreeMap;

use pipeline::lineage::Graph;

/// A dataset's place: the layer from the left, and the row in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub dataset: String,
    pub layer: usize,
    pub row: usize,
    pub columns: Vec<usize>,
}

/// Sweeps over the layers to bring linked boxes to the same height; more change little.
const SWEEPS: usize = 8;

pub fn layout(graph: &Graph) -> Vec<Placed> {
    let datasets = graph.by_dataset();
    let number: BTreeMap<&str, usize> = datasets.keys().enumerate().map(|(number, name)| (*name, number)).collect();
    let mut links: Vec<(usize, usize)> = graph
        .edges()
        .filter_map(|edge| {
            let of = |column: usize| number.get(graph.get(column)?.dataset.as_str()).copied();
            Some((of(edge.from)?, of(edge.to)?))
        })
        .filter(|(from, to)| from != to)
        .collect();
    links.sort_unstable();
    links.dedup();
    let layers = layers(datasets.len(), &links);
    let rows = rows(&layers, &links);
    let columns = datasets.into_iter().enumerate();
    columns
        .map(|(number, (dataset, columns))| Placed {
            dataset: dataset.to_owned(),
            layer: layers[number],
            row: rows[number],
            columns,
        })
        .collect()
}

/// The longest way from a dataset that comes from nothing; in a circle it ends after as many steps as there are boxes.
fn layers(count: usize, links: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0; count];
    for _ in 0..count {
        let mut moved = false;
        for (from, to) in links {
            if layers[*to] <= layers[*from] && layers[*from] + 1 < count {
                layers[*to] = layers[*from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    layers
}

fn rows(layers: &[usize], links: &[(usize, usize)]) -> Vec<usize> {
    let mut order: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, layer) in layers.iter().enumerate() {
        order.entry(*layer).or_default().push(number);
    }
    let mut rows = vec![0; layers.len()];
    let place = |order: &BTreeMap<usize, Vec<usize>>, rows: &mut Vec<usize>| {
        for boxes in order.values() {
            for (row, number) in boxes.iter().enumerate() {
                rows[*number] = row;
            }
        }
    };
    place(&order, &mut rows);
    for _ in 0..SWEEPS {
        for boxes in order.values_mut() {
            let middle = |number: &usize| {
                let near: Vec<usize> = links
                    .iter()
                    .filter_map(|(from, to)| match (from == number, to == number) {
                        (true, _) => Some(rows[*to]),
                        (_, true) => Some(rows[*from]),
                        _ => None,
                    })
                    .collect();
                // In thousandths, since floats have no total order.
                if near.is_empty() { rows[*number] * 1000 } else { near.iter().sum::<usize>() * 1000 / near.len() }
            };
            boxes.sort_by_key(|number| (middle(number), *number));
        }
        place(&order, &mut rows);
    }
    rows
}
