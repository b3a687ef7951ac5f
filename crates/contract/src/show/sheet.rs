//! What is shown of a contract, apart from how: the same sheet becomes Markdown and HTML.

use serde_json::Value as Json;

use super::Told;
use crate::check::Check;
use crate::dataset::{Column, Dataset};
use crate::mask::MASKED;
use crate::model::{ContextBlock, Contract, OneOrMany, Property, Relationship, SchemaObject, TeamBlock};

/// A heading, and under it text, facts and tables.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub title: String,
    /// A word that tells apart what sections are about: `dataset`, or empty.
    pub kind: &'static str,
    pub text: Vec<String>,
    pub facts: Vec<(String, String)>,
    pub tables: Vec<Table>,
}

#[derive(Debug)]
pub(super) struct Table {
    pub title: String,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

#[derive(Debug)]
pub(super) struct Sheet {
    pub title: String,
    pub facts: Vec<(String, String)>,
    pub text: Vec<String>,
    pub sections: Vec<Section>,
}

pub(super) fn sheet(contract: &Contract, datasets: &[Dataset]) -> Sheet {
    let document = &contract.document;
    let name = document.name.as_deref().or(document.id.as_deref()).unwrap_or("contract");
    let version = Some(contract.version_text());
    let standard = Some(format!("ODCS {}", contract.version));
    let facts = [
        ("version", version),
        ("status", document.status.clone()),
        ("id", document.id.clone()),
        ("domain", document.domain.clone()),
        ("tenant", document.tenant.clone()),
        ("created", document.contract_created_ts.clone()),
        ("standard", standard),
        ("tags", listed(&document.tags)),
    ];
    let mut text = Vec::new();
    if let Some(description) = &document.description {
        let parts = [
            ("Purpose", &description.purpose),
            ("Limitations", &description.limitations),
            ("Usage", &description.usage),
        ];
        text.extend(parts.into_iter().filter_map(|(label, part)| Some(format!("{label}: {}", part.as_deref()?))));
    }
    let mut sections: Vec<Section> = document
        .schema
        .iter()
        .map(|object| dataset(object, datasets.iter().find(|dataset| Some(&dataset.name) == object.name.as_ref())))
        .collect();
    sections.extend([
        guidance(document.context.as_ref()),
        levels(contract),
        servers(contract),
        people(contract),
        support(contract),
        links(contract),
    ]);
    sections.retain(|section| {
        section.kind == "dataset" || !(section.text.is_empty() && section.facts.is_empty() && section.tables.is_empty())
    });
    Sheet { title: name.to_owned(), facts: given(facts), text, sections }
}

fn given<const N: usize>(facts: [(&str, Option<String>); N]) -> Vec<(String, String)> {
    facts
        .into_iter()
        .filter_map(|(label, value)| Some((label.to_owned(), value.filter(|value| !value.is_empty())?)))
        .collect()
}

fn listed(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(", "))
}

fn dataset(object: &SchemaObject, compiled: Option<&Dataset>) -> Section {
    let mut rows = Vec::new();
    for property in &object.properties {
        let column = property.name.as_deref().and_then(|name| compiled.and_then(|dataset| dataset.column(name)));
        row(property, column, compiled, "", &mut rows);
    }
    let columns = Table { title: "Columns".to_owned(), columns: vec!["column", "type", "", "meaning"], rows };
    let checks = compiled.map(|dataset| dataset.checks.iter().map(check).collect::<Vec<_>>()).unwrap_or_default();
    let checks =
        Table { title: "Checks".to_owned(), columns: vec!["check", "expected", "scope", "severity"], rows: checks };
    let references = Table { title: "References".to_owned(), columns: vec!["from", "to"], rows: references(object) };
    let deprecated = (object.deprecated == Some(true)).then(|| "yes".to_owned());
    let mut section = Section {
        title: object.name.clone().unwrap_or_else(|| "(no name)".to_owned()),
        kind: "dataset",
        text: object.description.iter().cloned().collect(),
        facts: given([
            ("in the source", object.physical_name.clone()),
            ("kind", object.physical_type.clone()),
            ("business name", object.business_name.clone()),
            ("one row is", object.data_granularity_description.clone()),
            (
                "also called",
                listed(&object.synonyms.iter().filter_map(|synonym| synonym.synonym.clone()).collect::<Vec<_>>()),
            ),
            ("deprecated", deprecated),
            ("tags", listed(&object.tags)),
        ]),
        tables: [columns, checks, references].into_iter().filter(|table| !table.rows.is_empty()).collect(),
    };
    let for_agents = guidance(object.context.as_ref());
    section.text.extend(for_agents.text);
    section.tables.extend(for_agents.tables);
    section
}

/// The reader limits how deep a document can be, and with it this recursion.
fn row(
    property: &Property,
    column: Option<&Column>,
    dataset: Option<&Dataset>,
    path: &str,
    rows: &mut Vec<Vec<String>>,
) {
    let name = format!("{path}{}", property.name.as_deref().unwrap_or("item"));
    let data_type = match column {
        Some(column) => column.data_type.to_string(),
        None => property.logical_type.clone().or_else(|| property.physical_type.clone()).unwrap_or_default(),
    };
    rows.push(vec![name.clone(), data_type, marks(property, column, dataset).join(", "), meaning(property, column)]);
    for part in &property.properties {
        row(part, None, None, &format!("{name}."), rows);
    }
    let items = property.items.as_deref().map(|items| items.properties.as_slice()).unwrap_or_default();
    for part in items {
        row(part, None, None, &format!("{name}[]."), rows);
    }
}

fn marks(property: &Property, column: Option<&Column>, dataset: Option<&Dataset>) -> Vec<String> {
    let mut marks = Vec::new();
    if let (Some(column), Some(dataset)) = (column, dataset)
        && let Some(position) = dataset.primary_key.iter().position(|key| *key == column.name)
    {
        marks.push(if dataset.primary_key.len() == 1 { "key".to_owned() } else { format!("key {}", position + 1) });
    }
    let flags = [
        ("required", column.map_or(property.required == Some(true), |column| column.required)),
        ("unique", property.unique == Some(true)),
        ("partition", property.partitioned == Some(true)),
        ("critical", property.critical_data_element == Some(true)),
        ("deprecated", property.deprecated == Some(true)),
    ];
    marks.extend(flags.into_iter().filter(|(_, given)| *given).map(|(word, _)| word.to_owned()));
    marks.extend(property.semantic_type.clone().filter(|word| word != "column"));
    marks.extend(property.classification.clone());
    marks
}

fn meaning(property: &Property, column: Option<&Column>) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(property.description.as_deref().map(sentence));
    if let Some(column) = column.filter(|column| column.source_name != column.name) {
        parts.push(format!("In the source: {}.", column.source_name));
    }
    if let Some(logic) = property.transform_logic.as_deref() {
        parts.push(sentence(&format!("Computed: {logic}")));
    }
    if !property.examples.is_empty() {
        let hidden = property.classification.as_deref().is_some_and(|word| !word.eq_ignore_ascii_case("public"));
        let examples: Vec<String> = match hidden {
            true => vec![MASKED.to_owned()],
            false => property.examples.iter().take(5).map(plain).collect(),
        };
        parts.push(format!("For example {}.", examples.join(", ")));
    }
    parts.join(" ")
}

/// With a full stop, so that another sentence can follow.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', ':', ';']) { text.to_owned() } else { format!("{text}.") }
}

/// A value without JSON's quotes.
fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn check(check: &Check) -> Vec<String> {
    let told = Told::of(check);
    vec![check.id.clone(), told.expected, told.scope.to_owned(), told.severity.to_owned()]
}

fn references(object: &SchemaObject) -> Vec<Vec<String>> {
    let end = |end: &Option<OneOrMany>| end.as_ref().map(|end| end.items().join(", ")).unwrap_or_default();
    let mut rows: Vec<Vec<String>> =
        object.relationships.iter().map(|reference| vec![end(&reference.from), end(&reference.to)]).collect();
    crate::lint::descend(&object.properties, "", &mut |property, _| {
        let of = |reference: &Relationship| vec![property.name.clone().unwrap_or_default(), end(&reference.to)];
        rows.extend(property.relationships.iter().map(of));
    });
    rows
}

fn guidance(context: Option<&ContextBlock>) -> Section {
    let mut section = Section { title: "For agents".to_owned(), ..Section::default() };
    match context {
        None => {}
        Some(ContextBlock::Text(text)) => section.text.push(text.clone()),
        Some(ContextBlock::Parts(parts)) => {
            section.text.extend(parts.instructions.clone());
            let never = parts.constraints.iter().filter_map(|constraint| constraint.constraint.clone());
            section.text.extend(never.map(|constraint| format!("Never: {constraint}")));
            let rows: Vec<Vec<String>> = parts
                .verified_statements
                .iter()
                .map(|statement| {
                    vec![statement.question.clone().unwrap_or_default(), statement.answer.clone().unwrap_or_default()]
                })
                .collect();
            if !rows.is_empty() {
                section.tables.push(Table { title: "Questions".to_owned(), columns: vec!["question", "answer"], rows });
            }
        }
    }
    section
}

fn one_table(title: &str, columns: Vec<&'static str>, rows: Vec<Vec<String>>) -> Section {
    let tables = if rows.is_empty() { Vec::new() } else { vec![Table { title: String::new(), columns, rows }] };
    Section { title: title.to_owned(), tables, ..Section::default() }
}

fn levels(contract: &Contract) -> Section {
    let rows = contract.document.sla_properties.iter().map(|level| {
        let value = level.value.as_ref().map(|value| plain(&value.0));
        let amount = [value, level.unit.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        vec![
            level.property.clone().unwrap_or_default(),
            amount,
            level.element.clone().unwrap_or_default(),
            level.description.clone().unwrap_or_default(),
        ]
    });
    one_table("Service levels", vec!["promise", "value", "about", ""], rows.collect())
}

/// Only where the data are; accounts and settings are nobody's business here.
fn servers(contract: &Contract) -> Section {
    let rows = contract.document.servers.iter().map(|server| {
        let schema = server.schema.as_ref().map(|schema| plain(&schema.0));
        let place = [
            &server.location,
            &server.path,
            &server.host,
            &server.catalog,
            &server.project,
            &server.database,
            &server.dataset,
            &schema,
        ];
        let place = place.into_iter().flatten().cloned().collect::<Vec<_>>().join(" / ");
        vec![
            server.server.clone().unwrap_or_default(),
            server.kind.clone().unwrap_or_default(),
            server.environment.clone().unwrap_or_default(),
            without_password(&place),
            server.description.clone().unwrap_or_default(),
        ]
    });
    one_table("Servers", vec!["server", "type", "environment", "place", ""], rows.collect())
}

/// `scheme://user:password@host` with the password crossed out.
fn without_password(place: &str) -> String {
    let Some((before, after)) = place.split_once("://") else { return place.to_owned() };
    match after.split_once('@') {
        Some((user, host)) if user.contains(':') && !user.contains('/') => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{before}://{name}:***@{host}")
        }
        _ => place.to_owned(),
    }
}

fn people(contract: &Contract) -> Section {
    let team = contract.document.team.as_ref();
    let members = team.map(TeamBlock::members).unwrap_or_default().iter().map(|member| {
        let time = match (member.date_in.as_deref(), member.date_out.as_deref()) {
            (Some(joined), Some(left)) => format!("{joined} to {left}"),
            (Some(joined), None) => format!("since {joined}"),
            (None, Some(left)) => format!("until {left}"),
            (None, None) => String::new(),
        };
        vec![
            member.username.clone().unwrap_or_default(),
            member.name.clone().unwrap_or_default(),
            member.role.clone().unwrap_or_default(),
            time,
        ]
    });
    let mut section = one_table("People", vec!["user", "name", "role", ""], members.collect());
    if let Some(TeamBlock::Team(team)) = team {
        section.facts = given([("team", team.name.clone()), ("about", team.description.clone())]);
    }
    let roles: Vec<Vec<String>> = contract
        .document
        .roles
        .iter()
        .map(|role| {
            let approvers = [&role.first_level_approvers, &role.second_level_approvers];
            let approvers = approvers.into_iter().flatten().cloned().collect::<Vec<_>>().join(", then ");
            vec![
                role.role.clone().unwrap_or_default(),
                role.access.clone().unwrap_or_default(),
                approvers,
                role.description.clone().unwrap_or_default(),
            ]
        })
        .collect();
    if !roles.is_empty() {
        section.tables.push(Table {
            title: "Roles".to_owned(),
            columns: vec!["role", "access", "approved by", ""],
            rows: roles,
        });
    }
    section
}

fn support(contract: &Contract) -> Section {
    let rows = contract.document.support.iter().map(|channel| {
        vec![
            channel.channel.clone().unwrap_or_default(),
            channel.tool.clone().unwrap_or_default(),
            channel.url.clone().unwrap_or_default(),
            channel.description.clone().unwrap_or_default(),
        ]
    });
    let mut section = one_table("Support", vec!["channel", "tool", "address", ""], rows.collect());
    if let Some(price) = &contract.document.price {
        let parts = [price.price_amount.as_ref().map(ToString::to_string), price.price_currency.clone()];
        let amount = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let unit = price.price_unit.as_deref().map(|unit| format!(" per {unit}")).unwrap_or_default();
        section.facts = given([("price", Some(format!("{amount}{unit}")))]);
    }
    section
}

fn links(contract: &Contract) -> Section {
    let rows = contract.document.authoritative_definitions.iter().map(|link| {
        vec![
            link.kind.clone().unwrap_or_default(),
            link.url.clone().unwrap_or_default(),
            link.description.clone().unwrap_or_default(),
        ]
    });
    one_table("Links", vec!["kind", "address", ""], rows.collect())
}
