//! The contract as a whole: its version, its price, its custom properties.

use std::collections::HashSet;

use super::Scope;
use super::findings::Findings;
use super::shape::join;
use super::suggest::nearest;
use super::types::is_date;
use super::variables;
use crate::codes;
use crate::model::{Contract, CustomProperty, TeamBlock};

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    let contract = scope.contract;
    let document = &contract.document;
    if let Some(version) = &document.version
        && !is_semantic(version)
        && !variables::has(version)
        && !version.trim().is_empty()
    {
        let message = format!("{version:?} is not a semantic version");
        findings.add(codes::VERSION_NOT_SEMANTIC, "version", message).help("write it as 1.0.0");
    }
    for (field, value) in [("id", &document.id), ("version", &document.version)] {
        if value.as_ref().is_some_and(|value| value.trim().is_empty()) {
            findings.add(codes::UNNAMED, field, format!("`{field}` is empty"));
        }
    }
    if document.schema.is_empty() {
        findings.add(codes::NO_SCHEMA, "", "the contract promises no dataset: `schema` is missing or empty");
    }
    price(contract, findings);
    people(contract, findings);
    words(contract, findings);
    custom_properties(&document.custom_properties, "", findings);
    super::each_object(contract, |object, path| custom_properties(&object.custom_properties, path, findings));
    super::each_property(contract, |property, path| custom_properties(&property.custom_properties, path, findings));
}

/// Three numbers without leading zeros, then a pre-release and a build: semver.org, version 2.0.0.
fn is_semantic(version: &str) -> bool {
    let (version, build) = version.split_once('+').map_or((version, None), |(version, build)| (version, Some(build)));
    let (core, pre_release) = version.split_once('-').map_or((version, None), |(core, pre)| (core, Some(pre)));
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = |part: &str| numeric(part) && (part.len() == 1 || !part.starts_with('0'));
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre_release.is_none_or(|text| text.split('.').all(|part| word(part) && (!numeric(part) || number(part))))
        && build.is_none_or(|text| text.split('.').all(word))
}

fn price(contract: &Contract, findings: &mut Findings<'_>) {
    let Some(price) = &contract.document.price else { return };
    let amount = price.price_amount.as_ref().and_then(serde_json::Number::as_f64);
    if amount.is_some_and(|amount| amount < 0.0) {
        findings.add(codes::PRICE, "price.priceAmount", "the price is negative");
    }
    if amount.is_some() && price.price_currency.is_none() {
        findings.add(codes::PRICE, "price", "the price has no currency").help("add `priceCurrency`");
    }
}

/// Who left did so after joining.
fn people(contract: &Contract, findings: &mut Findings<'_>) {
    let Some(team) = &contract.document.team else { return };
    let list = if matches!(team, TeamBlock::Team(_)) { "team.members" } else { "team" };
    for (index, member) in team.members().iter().enumerate() {
        if let (Some(joined), Some(left)) = (member.date_in.as_deref(), member.date_out.as_deref())
            && is_date(joined)
            && is_date(left)
            && left < joined
        {
            let message = format!("the member left on {left}, before joining on {joined}");
            findings.add(codes::DATE_ORDER, &format!("{list}[{index}].dateOut"), message);
        }
    }
}

/// Any word goes here; one that is nearly a recommended one is probably a slip.
fn words(contract: &Contract, findings: &mut Findings<'_>) {
    const STATUS: &[&str] = &["proposed", "draft", "active", "deprecated", "retired"];
    const TOOLS: &[&str] = &["email", "slack", "teams", "discord", "ticket", "googlechat", "other"];
    const SCOPES: &[&str] = &["interactive", "announcements", "issues", "notifications"];
    let document = &contract.document;
    let mut word = |text: &Option<String>, known: &[&'static str], element: &str| {
        let Some(text) = text.as_deref().filter(|text| !known.contains(text)) else { return };
        if let Some(near) = nearest(text, known.iter().copied()) {
            let message = format!("{text:?} is nearly the recommended word `{near}`");
            findings.add(codes::RECOMMENDED_WORD, element, message).help(format!("did you mean `{near}`?"));
        }
    };
    word(&document.status, STATUS, "status");
    for (index, channel) in document.support.iter().enumerate() {
        word(&channel.tool, TOOLS, &format!("support[{index}].tool"));
        word(&channel.scope, SCOPES, &format!("support[{index}].scope"));
    }
}

fn custom_properties(properties: &[CustomProperty], path: &str, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    for (index, property) in properties.iter().enumerate() {
        let Some(name) = property.property.as_deref() else { continue };
        if !seen.insert((name, property.vendor.as_deref())) {
            let message = format!("the custom property `{name}` is given twice");
            let element = join(path, &format!("customProperties[{index}]"));
            findings.add(codes::DUPLICATE_CUSTOM_PROPERTY, &element, message);
        }
    }
}
