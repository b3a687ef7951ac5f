//! Who stands behind the data, who may use it, where to ask, and what it costs.

use serde_json::{Number, Value as Json};

use super::Version::{V3_0_1, V3_0_2, V3_1_0};
use super::record::{Item, Kind, Record, TextForm, field, record};
use super::{AuthoritativeDefinition, CustomProperty};
use crate::syntax::Node;

record! {
    /// A place where users get help.
    pub struct SupportChannel = "a support channel", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// Name of the channel.
    channel: Option<String> = field("channel").required();
    /// Where the channel is: https, mailto and the like.
    url: Option<String> = field("url").required_until(V3_0_2);
    /// What the channel is for.
    description: Option<String> = field("description");
    /// The tool: email, slack, teams, discord, ticket, googlechat, other.
    tool: Option<String> = field("tool");
    /// What is talked about: interactive, announcements, issues, notifications.
    scope: Option<String> = field("scope");
    /// Where to ask for access to the channel.
    invitation_url: Option<String> = field("invitationUrl");
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_1_0);
}

record! {
    /// What the data costs.
    pub struct Price = "a price", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// Price for one `priceUnit`.
    price_amount: Option<Number> = field("priceAmount");
    /// Currency of the amount, for example `USD`.
    price_currency: Option<String> = field("priceCurrency");
    /// What is paid for, for example `megabyte`.
    price_unit: Option<String> = field("priceUnit");
}

record! {
    /// A person of the team.
    pub struct TeamMember = "a team member", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// User name or e-mail address.
    username: Option<String> = field("username").required_since(V3_1_0);
    /// The person's name.
    name: Option<String> = field("name").since(V3_0_2);
    /// What the person does.
    description: Option<String> = field("description").since(V3_0_2);
    /// For example `owner` or `data steward`.
    role: Option<String> = field("role");
    /// The day on which the person joined.
    date_in: Option<String> = field("dateIn").form(TextForm::Date);
    /// The day on which the person left.
    date_out: Option<String> = field("dateOut").form(TextForm::Date);
    /// User name of the successor.
    replaced_by_username: Option<String> = field("replacedByUsername");
    /// Words to find the person by.
    tags: Vec<String> = field("tags").since(V3_1_0);
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_1_0);
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions").since(V3_1_0);
}

record! {
    /// The people who keep the contract.
    pub struct Team = "a team", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// Name of the team.
    name: Option<String> = field("name");
    /// What the team does.
    description: Option<String> = field("description");
    /// Its people.
    members: Vec<TeamMember> = field("members").since(V3_1_0);
    /// Words to find the team by.
    tags: Vec<String> = field("tags").since(V3_1_0);
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_1_0);
    /// Links that say more.
    authoritative_definitions: Vec<AuthoritativeDefinition> = field("authoritativeDefinitions").since(V3_1_0);
}

/// A team, or the plain list of members that v3.0 had.
#[derive(Debug, Clone, PartialEq)]
pub enum TeamBlock {
    Team(Box<Team>),
    Members(Vec<TeamMember>),
}

impl TeamBlock {
    pub fn members(&self) -> &[TeamMember] {
        match self {
            Self::Team(team) => &team.members,
            Self::Members(members) => members,
        }
    }
}

impl Item for TeamBlock {
    const KIND: Kind = Kind::Either(&[Team::KIND, Kind::List(&TeamMember::KIND)]);

    fn read(node: &Node) -> Option<Self> {
        if node.is_map() {
            return Item::read(node).map(Self::Team);
        }
        let member = |item: &Node| Item::read(item).or_else(TeamMember::placeholder);
        node.is_seq().then(|| node.items().iter().filter_map(member).collect()).map(Self::Members)
    }

    fn write(&self) -> Json {
        match self {
            Self::Team(team) => team.to_json(),
            Self::Members(members) => Json::Array(members.iter().map(Record::to_json).collect()),
        }
    }
}

record! {
    /// A role that gives access to the data.
    pub struct Role = "a role", Some(V3_1_0);
    /// Stable identifier.
    id: Option<String> = field("id").since(V3_1_0).form(TextForm::Id);
    /// Name of the role.
    role: Option<String> = field("role").required();
    /// What the role may do.
    description: Option<String> = field("description");
    /// The kind of access, for example `read`.
    access: Option<String> = field("access");
    /// Who approves first.
    first_level_approvers: Option<String> = field("firstLevelApprovers");
    /// Who approves then.
    second_level_approvers: Option<String> = field("secondLevelApprovers");
    /// Settings that the standard does not know.
    custom_properties: Vec<CustomProperty> = field("customProperties").since(V3_0_1);
}
