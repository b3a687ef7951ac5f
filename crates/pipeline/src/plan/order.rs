//! The order of stages: each after those it needs, ties by name.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::project::{DatasetSpec, Project};

pub(super) struct Ordered<'a> {
    /// All datasets; those that no order can hold come last, by name.
    pub nodes: Vec<Node<'a>>,
}

pub(super) struct Node<'a> {
    pub spec: &'a DatasetSpec,
    /// Needed datasets that the project has; sorted.
    pub needs: Vec<String>,
    /// Stands in a circle, or behind one.
    pub cyclic: bool,
}

/// Kahn's algorithm with a heap: no recursion, so depth does not matter.
pub(super) fn order(project: &Project) -> Ordered<'_> {
    let graph = Graph::of(project);
    let mut missing: Vec<usize> = graph.needs.iter().map(Vec::len).collect();
    let mut ready: BinaryHeap<Reverse<(&str, usize)>> = BinaryHeap::new();
    for (index, spec) in graph.specs.iter().enumerate() {
        if missing[index] == 0 {
            ready.push(Reverse((&spec.name, index)));
        }
    }
    let mut sorted = Vec::with_capacity(graph.specs.len());
    let mut placed = vec![false; graph.specs.len()];
    while let Some(Reverse((_, index))) = ready.pop() {
        sorted.push(index);
        placed[index] = true;
        for &dependent in &graph.dependents[index] {
            missing[dependent] -= 1;
            if missing[dependent] == 0 {
                ready.push(Reverse((&graph.specs[dependent].name, dependent)));
            }
        }
    }
    let mut rest: Vec<usize> = (0..graph.specs.len()).filter(|&index| !placed[index]).collect();
    rest.sort_by_key(|&index| &graph.specs[index].name);
    sorted.extend(rest);
    let nodes = sorted.into_iter().map(|index| Node {
        spec: graph.specs[index],
        needs: graph.needs[index].iter().map(|&need| graph.specs[need].name.clone()).collect(),
        cyclic: !placed[index],
    });
    Ordered { nodes: nodes.collect() }
}

/// Circles in the project, each as the names along it, starting with the smallest; a circle is reported once.
pub fn cycles(project: &Project) -> Vec<Vec<String>> {
    let graph = Graph::of(project);
    let mut by_name: Vec<usize> = (0..graph.specs.len()).collect();
    by_name.sort_by_key(|&index| &graph.specs[index].name);
    let mut mark = vec![Mark::New; graph.specs.len()];
    let mut found = Vec::new();
    for start in by_name {
        if mark[start] == Mark::New {
            walk(&graph, start, &mut mark, &mut found);
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    OnPath,
    Done,
}

/// A depth-first walk with its own stack; an edge back into the path closes a circle.
fn walk(graph: &Graph<'_>, start: usize, mark: &mut [Mark], found: &mut Vec<Vec<String>>) {
    let mut path: Vec<(usize, usize)> = vec![(start, 0)];
    mark[start] = Mark::OnPath;
    while let Some((node, next)) = path.last_mut() {
        let Some(&need) = graph.needs[*node].get(*next) else {
            mark[*node] = Mark::Done;
            path.pop();
            continue;
        };
        *next += 1;
        match mark[need] {
            Mark::New => {
                mark[need] = Mark::OnPath;
                path.push((need, 0));
            }
            Mark::OnPath => found.push(circle(graph, &path, need)),
            Mark::Done => {}
        }
    }
}

fn circle(graph: &Graph<'_>, path: &[(usize, usize)], entry: usize) -> Vec<String> {
    let from = path.iter().position(|&(node, _)| node == entry).unwrap_or(0);
    let mut names: Vec<String> = path[from..].iter().map(|&(node, _)| graph.specs[node].name.clone()).collect();
    let smallest = (0..names.len()).min_by_key(|&index| &names[index]).unwrap_or(0);
    names.rotate_left(smallest);
    names
}

struct Graph<'a> {
    specs: Vec<&'a DatasetSpec>,
    /// Sorted by name.
    needs: Vec<Vec<usize>>,
    dependents: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    fn of(project: &'a Project) -> Self {
        let specs: Vec<&DatasetSpec> = project.datasets.values().collect();
        let index: HashMap<&str, usize> =
            specs.iter().enumerate().map(|(index, spec)| (spec.name.as_str(), index)).collect();
        let needs: Vec<Vec<usize>> = specs
            .iter()
            .map(|spec| spec.needs().iter().filter_map(|need| index.get(need.as_str()).copied()).collect())
            .collect();
        let mut dependents = vec![Vec::new(); specs.len()];
        for (index, needs) in needs.iter().enumerate() {
            for &need in needs {
                dependents[need].push(index);
            }
        }
        Self { specs, needs, dependents }
    }
}
