//! What contracts say about the people and schedules around their datasets.

use std::collections::{BTreeMap, BTreeSet};

use contract::Contract;
use contract::model::{SchemaObject, SupportChannel, TeamBlock};
use pipeline::impact::{About, Place, Role, Schedule};

use crate::Workspace;

/// By dataset of the project.
pub fn about(workspace: &Workspace) -> BTreeMap<String, About> {
    let paths: BTreeSet<&String> = workspace.contract_paths.values().collect();
    let read = |path: &String| Some((path.clone(), Contract::read(workspace.texts.get(path)?).0?));
    let contracts: BTreeMap<String, Contract> = paths.into_iter().filter_map(read).collect();
    let one = |name: &String| {
        let path = workspace.contract_path(name)?;
        let own = workspace.contract_name(name);
        let mut about = of_dataset(path, contracts.get(path)?, own);
        about.schedules.extend(of_pipeline(workspace, name));
        Some((name.clone(), about))
    };
    workspace.project.datasets.keys().filter_map(one).collect()
}

fn of_dataset(path: &str, contract: &Contract, name: &str) -> About {
    let document = &contract.document;
    let at = |element: &str| {
        let span = contract.span_of(element);
        Place { path: path.to_owned(), line: span.line, column: span.column }
    };
    let (index, object) = document
        .schema
        .iter()
        .enumerate()
        .find(|(_, object)| object.name.as_deref() == Some(name))
        .map_or((0, None), |(index, object)| (index, Some(object)));
    let columns =
        object.iter().flat_map(|object| object.properties.iter().enumerate()).filter_map(|(column, property)| {
            Some((property.name.clone()?, at(&format!("schema[{index}].properties[{column}].name"))))
        });
    About {
        contract: document.id.clone().unwrap_or_default(),
        version: contract.version_text(),
        place: Some(at(&format!("schema[{index}].name"))),
        columns: columns.collect(),
        team: document.team.as_ref().and_then(team),
        support: document.support.iter().filter_map(channel).collect(),
        roles: document
            .roles
            .iter()
            .filter_map(|role| {
                let approvers = [&role.first_level_approvers, &role.second_level_approvers];
                let approvers = approvers.into_iter().flatten().cloned().collect();
                Some(Role { name: role.role.clone()?, access: role.access.clone(), approvers })
            })
            .collect(),
        schedules: object.map(|object| schedules(contract, object, name)).unwrap_or_default(),
    }
}

/// That of the pipeline that the dataset belongs to.
fn of_pipeline(workspace: &Workspace, dataset: &str) -> Option<Schedule> {
    let project = &workspace.project;
    let pipeline = &project.datasets.get(dataset)?.pipeline;
    let place = project.places.schedules.get(pipeline);
    Some(Schedule {
        of: pipeline.clone(),
        runs: true,
        place: place.map(|at| Place { path: at.path.clone(), line: at.name.line, column: at.name.column }),
        scheduler: None,
        schedule: project.schedules.get(pipeline)?.cron.clone(),
    })
}

fn team(team: &TeamBlock) -> Option<String> {
    if let TeamBlock::Team(team) = team
        && let Some(name) = &team.name
    {
        return Some(name.clone());
    }
    let present = team.members().iter().filter(|member| member.date_out.is_none());
    let names: Vec<String> =
        present.filter_map(|member| member.name.clone().or_else(|| member.username.clone())).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn channel(channel: &SupportChannel) -> Option<String> {
    let name = channel.channel.clone()?;
    Some(match (&channel.tool, &channel.url) {
        (Some(tool), _) => format!("{name} ({tool})"),
        (None, Some(url)) => format!("{name} ({url})"),
        (None, None) => name,
    })
}

/// Of the dataset's checks, and of the service levels that are about it or about the contract as a whole.
fn schedules(contract: &Contract, object: &SchemaObject, name: &str) -> Vec<Schedule> {
    let rules = object.quality.iter().chain(object.properties.iter().flat_map(|property| &property.quality));
    let of_rule = rules.filter_map(|rule| {
        let of = rule.id.clone().or_else(|| rule.name.clone()).unwrap_or_else(|| "quality".to_owned());
        Some(Schedule {
            of,
            scheduler: rule.scheduler.clone(),
            schedule: rule.schedule.clone()?,
            ..Schedule::default()
        })
    });
    let about = |element: &str| element.split(',').any(|part| part.trim().split('.').next() == Some(name));
    let levels = contract.document.sla_properties.iter().filter(|level| level.element.as_deref().is_none_or(about));
    let of_level = levels.filter_map(|level| {
        let of = level.property.clone().unwrap_or_else(|| "service level".to_owned());
        Some(Schedule {
            of,
            scheduler: level.scheduler.clone(),
            schedule: level.schedule.clone()?,
            ..Schedule::default()
        })
    });
    of_rule.chain(of_level).collect()
}
