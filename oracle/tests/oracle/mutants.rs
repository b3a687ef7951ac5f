//! Mutations: whatever the official schema of the declared version refuses, the lint refuses too; and what the lint
//! refuses beyond the schema is only what the standard's text forbids.

use std::collections::BTreeMap;

use contract::{load, syntax};
use serde_json::{Value as Json, json};

use crate::random::Random;
use crate::seeds::{VERSIONS, complete, examples};
use crate::standard::Standard;

/// Findings that are errors although the schema is content: the standard's text, or YAML, says so.
const MEANING: &[&str] = &[
    "PL120", "PL121", "PL122", "PL124", "PL131", "PL134", "PL135", "PL140", "PL141", "PL142", "PL150", "PL151", "PL156",
];

#[derive(Default)]
struct Score {
    mutants: usize,
    refused: usize,
    missed: BTreeMap<String, String>,
    alarms: BTreeMap<String, (usize, String)>,
}

impl Score {
    fn look(&mut self, standard: &Standard, contract: &Json, what: &str) {
        let Some(valid) = standard.judges(contract) else { return };
        let text = syntax::emit_yaml(contract);
        let loaded = load("mutant", &text);
        self.mutants += 1;
        if !valid {
            self.refused += 1;
        }
        if !valid && loaded.is_valid() {
            let complaint = standard.complaints(contract).into_iter().next().unwrap_or_default();
            let kind: String = complaint.chars().filter(|character| !character.is_ascii_digit()).take(160).collect();
            self.missed.entry(kind).or_insert_with(|| format!("{what}\n    {complaint}"));
        }
        if valid {
            for found in loaded.diagnostics.iter().filter(|found| found.is_error()) {
                // The schemas before v3.1 look at comparisons of library rules only; the text describes all.
                let is_comparison = found.code == "PL111" && found.element.contains("Between");
                if !MEANING.contains(&found.code) && !is_comparison {
                    let alarm = format!("{what}\n    {} {} at {}", found.code, found.message, found.element);
                    let message: String = found.message.chars().take(40).collect();
                    self.alarms.entry(format!("{} {message}", found.code)).or_insert((0, alarm)).0 += 1;
                }
            }
        }
    }

    fn tell(&self) {
        eprintln!("{} mutants, {} refused by the schema", self.mutants, self.refused);
        for missed in self.missed.values().take(40) {
            eprintln!("missed: {missed}");
        }
        for (alarm, (count, example)) in self.alarms.iter().take(40) {
            eprintln!("false alarm {alarm}, {count} times: {example}");
        }
    }
}

/// Every place of the complete contracts, mutated in every way, in every version.
#[test]
fn the_lint_refuses_what_the_schema_refuses() {
    let Some(standard) = Standard::load() else { return };
    let mut score = Score::default();
    for (name, seed) in complete() {
        for version in VERSIONS {
            let mut seed = seed.clone();
            seed["apiVersion"] = json!(version);
            score.look(&standard, &seed, &format!("{name} as {version}"));
            for part in parts(&valid(&standard, seed)) {
                assert_eq!(standard.judges(&part), Some(true), "{:?}", standard.complaints(&part));
                for place in places(&part) {
                    for (mutation, mutant) in mutants(&part, &place) {
                        let what = format!("{name} as {version}: {mutation} at {}", place.join("/"));
                        score.look(&standard, &mutant, &what);
                    }
                }
            }
        }
    }
    score.tell();
    assert!(score.missed.is_empty() && score.alarms.is_empty(), "the lint and the schema differ");
}

/// The contract without what the schema of its version refuses: the smallest value whose removal helps, until all is well.
fn valid(standard: &Standard, mut contract: Json) -> Json {
    while standard.judges(&contract) != Some(true) {
        let before = weight(&standard.complaints(&contract));
        let helps = |place: &Vec<String>| {
            place[0] != "apiVersion" && weight(&standard.complaints(&removed(&contract, place))) < before
        };
        let helpful = places(&contract).into_iter().filter(helps);
        let smallest = helpful.max_by_key(|place| removed(&contract, place).to_string().len());
        let Some(place) = smallest else { panic!("{:?}", standard.complaints(&contract)) };
        contract = removed(&contract, &place);
    }
    contract
}

/// How many complaints there are, and how much those about unknown fields name.
fn weight(complaints: &[String]) -> (usize, usize) {
    let about_fields = complaints.iter().filter(|complaint| complaint.contains("properties are not allowed"));
    (complaints.len(), about_fields.map(String::len).sum())
}

/// One contract for each section, and one for each property, so that a mutant is small.
fn parts(contract: &Json) -> Vec<Json> {
    let head = ["apiVersion", "kind", "id", "version", "status"];
    let mut bare = contract.clone();
    bare.as_object_mut().unwrap().retain(|name, _| head.contains(&name.as_str()));
    let mut found = vec![bare.clone()];
    for (name, value) in contract.as_object().unwrap() {
        let mut part = bare.clone();
        part[name] = value.clone();
        match name.as_str() {
            name if head.contains(&name) => {}
            "schema" => {
                let properties = part["schema"][0].as_object_mut().unwrap().shift_remove("properties").unwrap();
                found.push(part.clone());
                for property in properties.as_array().unwrap() {
                    let mut of_property = bare.clone();
                    of_property["schema"] = json!([{ "name": "orders", "properties": [property] }]);
                    found.push(of_property);
                }
            }
            "servers" => found.extend(value.as_array().unwrap().iter().map(|server| {
                let mut part = bare.clone();
                part["servers"] = json!([server]);
                part
            })),
            _ => found.push(part),
        }
    }
    found
}

/// Official examples with one to three mutations each, by chance.
#[test]
fn mutated_examples_are_judged_alike() {
    let Some(standard) = Standard::load() else { return };
    let seeds = examples();
    let mut random = Random::new(20_261_125);
    let mut score = Score::default();
    for round in 0..6_000 {
        let (name, seed) = &seeds[random.below(seeds.len())];
        let mut mutant = seed.clone();
        if random.below(3) == 0 {
            mutant["apiVersion"] = json!(VERSIONS[random.below(VERSIONS.len())]);
        }
        let mut told = format!("{name}, round {round}:");
        for _ in 0..=random.below(3) {
            let places = places(&mutant);
            let place = &places[random.below(places.len())];
            let mut choices = mutants(&mutant, place);
            let (mutation, chosen) = choices.swap_remove(random.below(choices.len()));
            told = format!("{told} {mutation} at {};", place.join("/"));
            mutant = chosen;
        }
        score.look(&standard, &mutant, &told);
    }
    score.tell();
    assert!(score.missed.is_empty() && score.alarms.is_empty(), "the lint and the schema differ");
}

/// The official examples themselves: as the schema of their declared version judges them.
#[test]
fn the_examples_are_judged_alike() {
    let Some(standard) = Standard::load() else { return };
    let mut score = Score::default();
    for (name, seed) in examples() {
        score.look(&standard, &seed, &name);
    }
    score.tell();
    assert!(score.missed.is_empty() && score.alarms.is_empty(), "the lint and the schema differ");
}

/// The path of every value but the root.
fn places(contract: &Json) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    walk(contract, &mut Vec::new(), &mut found);
    found
}

fn walk(value: &Json, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let mut step = |key: String, inner: &Json| {
        path.push(key);
        found.push(path.clone());
        walk(inner, path, found);
        path.pop();
    };
    match value {
        Json::Object(map) => map.iter().for_each(|(key, inner)| step(key.clone(), inner)),
        Json::Array(items) => items.iter().enumerate().for_each(|(index, inner)| step(index.to_string(), inner)),
        _ => {}
    }
}

/// The contract with the value at the place changed in every way, each with the change's name.
fn mutants(contract: &Json, place: &[String]) -> Vec<(String, Json)> {
    let mut all = vec![("without".to_owned(), removed(contract, place))];
    let replacements = [
        json!(null), json!(true), json!(0), json!(-1), json!(1.5), json!("zzz"), json!(""), json!("a b.c#"), json!("2024-13-45"),
        json!([]), json!({}), json!(["x"]), json!([1]), json!(["orders.id"]), json!({ "zzz": 1 }), json!([null]), json!([{}]), json!([[]]),
    ];
    for replacement in replacements {
        let told = format!("{replacement}");
        all.push((told, replaced(contract, place, |value| *value = replacement)));
    }
    let more: Vec<(&str, fn(&mut Json))> = vec![
        ("an unknown field", |value| if let Json::Object(map) = value { map.insert("zzz".into(), json!("x")); }),
        ("upper case", |value| if let Json::String(text) = value { *text = text.to_uppercase(); }),
        ("as text", |value| if value.is_number() || value.is_boolean() { *value = json!(value.to_string()) }),
        ("twice", |value| if let Json::Array(items) = value { if let Some(first) = items.first().cloned() { items.push(first) } }),
        ("wrapped", |value| *value = json!([value.clone()])),
        ("fields of another type", |value| if let Json::Object(map) = value {
            map.insert("mustBe".into(), json!(1));
            map.insert("query".into(), json!("SELECT 1"));
        }),
        ("options of strings", |value| if let Json::Object(map) = value { map.insert("logicalTypeOptions".into(), json!({ "minLength": 1 })); }),
    ];
    for (told, change) in more {
        all.push((told.to_owned(), replaced(contract, place, change)));
    }
    all
}

fn removed(contract: &Json, place: &[String]) -> Json {
    let (last, parents) = place.split_last().unwrap();
    replaced(contract, parents, |parent| match parent {
        Json::Object(map) => drop(map.shift_remove(last)),
        Json::Array(items) => drop(items.remove(last.parse().unwrap())),
        _ => {}
    })
}

fn replaced(contract: &Json, place: &[String], change: impl FnOnce(&mut Json)) -> Json {
    let mut copy = contract.clone();
    let mut value = &mut copy;
    for key in place {
        value = match value {
            Json::Object(map) => map.get_mut(key).unwrap(),
            Json::Array(items) => &mut items[key.parse::<usize>().unwrap()],
            _ => unreachable!(),
        };
    }
    change(value);
    copy
}
