//! Who must agree to something, and whether they have: one rule for changes of contracts and for gates of stages.
//!
//! A *vote* is somebody's decision on exactly one subject: a digest of a change, a fingerprint of a held result. Weighing votes
//! needs no clock: every time in here is the one that the ledger stamped.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Clocks of different machines may differ by so much before a time is held to be wrong, in milliseconds.
pub const SKEW_MS: i64 = 5 * 60 * 1000;

/// Who must agree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The project's own: anybody where it names nobody.
    pub approvers: Vec<String>,
    /// How many people, at least.
    pub needed: usize,
    /// What else is asked at the same time has approvers of its own, and so many of them must agree as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Quorum>,
    /// What each contract asks.
    pub levels: Vec<Levels>,
    /// Those who stand behind what is asked, and so do not approve it.
    pub authors: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// A rejection asks for the same right as an approval, because it takes something away for good.
    #[serde(default)]
    pub binds_rejections: bool,
}

/// So many of these people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    /// For what kind of question.
    pub of: String,
    pub approvers: Vec<String>,
    pub needed: usize,
}

/// Approvers that a contract's roles name; one of each level, and not the same person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels {
    pub contract: String,
    pub first: Vec<String>,
    pub second: Vec<String>,
}

/// Others who may decide when nobody has for a while. They count in everybody's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    pub from_ms: i64,
    pub to: Vec<String>,
}

impl Levels {
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.second.is_empty()
    }
}

impl Escalation {
    /// None where there is nobody to escalate to.
    pub fn after(asked_ms: i64, after_ms: u64, to: &[String]) -> Option<Self> {
        let from_ms = asked_ms.saturating_add(i64::try_from(after_ms).unwrap_or(i64::MAX));
        (!to.is_empty()).then(|| Self { from_ms, to: to.to_vec() })
    }
}

/// Somebody's word, and its signature in OpenSSH's armour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub who: String,
    pub text: String,
    pub signature: Option<String>,
}

impl Claim {
    /// The public key that the signature names: whoever verifies the signature verifies that too. The layout is that of OpenSSH's
    /// `PROTOCOL.sshsig`: magic, version, public key.
    pub fn key(&self) -> Option<Vec<u8>> {
        let lines = self.signature.as_deref()?.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        let bytes = STANDARD.decode(lines.collect::<String>()).ok()?;
        let rest = bytes.strip_prefix(b"SSHSIG")?.get(4..)?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?).map(<[u8]>::to_vec)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    pub approved: bool,
    pub reason: String,
    pub time_ms: i64,
    /// What exactly was decided on.
    pub subject: String,
    pub claim: Claim,
    /// It was said when the same was asked before: it counts no more, and has taken back what its maker said earlier.
    pub lapsed: bool,
    /// Why it does not count, whoever made it.
    pub doubt: Option<String>,
}

/// `claim.who` hands their right to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub to: String,
    pub reason: String,
    pub time_ms: i64,
    pub until_ms: Option<i64>,
    pub subject: String,
    pub claim: Claim,
}

/// What is weighed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Case<'a> {
    pub subject: &'a str,
    /// In the order in which they were entered.
    pub votes: &'a [Vote],
    pub delegations: &'a [Delegation],
    /// Votes from before do not count.
    pub opened_ms: Option<i64>,
    /// Votes from later do not count.
    pub closes_ms: Option<i64>,
    /// Keys of those who stand behind what is asked, whatever name they use.
    pub author_keys: &'a [Vec<u8>],
}

/// What is wrong with a claim; `None` when it is that of who is said to have made it.
pub type Doubt<'a> = dyn Fn(&Claim) -> Option<String> + 'a;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Waiting,
    Approved,
    Rejected,
}

/// Where a subject stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub state: State,
    /// Decisions on exactly this subject, the newest of each person, and those that are not counted.
    pub decisions: Vec<Decision>,
    /// What is still missing, in words.
    pub missing: Vec<String>,
    /// Decisions on other subjects: an edit has made them void.
    pub void: Vec<Decision>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delegations: Vec<Delegated>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    pub who: String,
    pub approved: bool,
    pub reason: String,
    pub time_ms: i64,
    pub digest: String,
    pub signed: bool,
    /// Whose right was used, where it was not the decider's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub acting_for: Vec<String>,
    /// Why it is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_counted: Option<String>,
    #[serde(skip)]
    key: Option<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delegated {
    pub from: String,
    pub to: String,
    pub reason: String,
    pub time_ms: i64,
    pub until_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_counted: Option<String>,
}

/// Names are compared without regard to case and white space around them.
pub fn same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

fn plain(name: &str) -> String {
    name.trim().to_lowercase()
}

fn names(list: &[String], who: &str) -> bool {
    list.iter().any(|name| same(name, who))
}

/// What somebody can decide with: their own right, or one that was handed to them.
struct Right {
    /// Whose it is.
    name: String,
    /// It stands for everybody's.
    escalated: bool,
}

impl Right {
    fn is_of(&self, list: &[String]) -> bool {
        !list.is_empty() && (self.escalated || names(list, &self.name))
    }
}

/// Somebody who agreed.
struct Agreed {
    rights: Vec<Right>,
}

impl Agreed {
    fn is_of(&self, list: &[String]) -> bool {
        self.rights.iter().any(|right| right.is_of(list))
    }
}

/// How many of them can use a fitting right at once: a right counts once, whoever uses it.
fn most(agreed: &[Agreed], fits: &dyn Fn(&Right) -> bool) -> usize {
    let mut users = BTreeMap::new();
    (0..agreed.len()).filter(|one| uses(agreed, *one, fits, &mut users, &mut BTreeSet::new())).count()
}

/// Finds a right for one of them, for which another may have to use another right.
fn uses(
    agreed: &[Agreed],
    one: usize,
    fits: &dyn Fn(&Right) -> bool,
    users: &mut BTreeMap<String, usize>,
    tried: &mut BTreeSet<String>,
) -> bool {
    for right in agreed[one].rights.iter().filter(|right| fits(right)) {
        let name = plain(&right.name);
        if !tried.insert(name.clone()) {
            continue;
        }
        let user = users.get(&name).copied();
        if user.is_none_or(|other| uses(agreed, other, fits, users, tried)) {
            users.insert(name, one);
            return true;
        }
    }
    false
}

/// Whether two of them agreed with two rights, one from each list.
fn both(agreed: &[Agreed], first: &[String], second: &[String]) -> bool {
    let of = |list: &'_ [String]| -> Vec<(usize, String)> {
        let all = agreed.iter().enumerate();
        all.flat_map(|(one, agreed)| agreed.rights.iter().map(move |right| (one, right)))
            .filter(|(_, right)| right.is_of(list))
            .map(|(one, right)| (one, plain(&right.name)))
            .collect()
    };
    let seconds = of(second);
    of(first).iter().any(|(one, right)| seconds.iter().any(|(other, another)| one != other && right != another))
}

impl Rule {
    /// Everybody who is named; nobody named means anybody may.
    pub fn named(&self) -> Vec<String> {
        let levels = self.levels.iter().flat_map(|levels| levels.first.iter().chain(&levels.second));
        let mut named: Vec<String> = Vec::new();
        let also = self.also.iter().flat_map(|quorum| &quorum.approvers);
        for name in self.approvers.iter().chain(also).chain(levels) {
            if !names(&named, name) {
                named.push(name.clone());
            }
        }
        named
    }

    /// Why this person cannot approve at that time; `None` when they can.
    pub fn refuses(&self, who: &str, at_ms: i64, rights: &Rights) -> Option<String> {
        if self.is_author(who) {
            return Some(format!("{who} stands behind what is asked, so somebody else must approve it"));
        }
        self.bars(who, at_ms, rights)
    }

    /// The same of a rejection: who stands behind something may take it back.
    pub fn refuses_rejection(&self, who: &str, at_ms: i64, rights: &Rights) -> Option<String> {
        if self.is_author(who) || !self.binds_rejections {
            return None;
        }
        self.bars(who, at_ms, rights)
    }

    /// Why this person has no say at that time, whoever stands behind what is asked.
    pub fn bars(&self, who: &str, at_ms: i64, rights: &Rights) -> Option<String> {
        let named = self.named();
        let own = rights.names(who, at_ms);
        if own.iter().any(|name| self.is_escalated_to(name, at_ms)) {
            return None;
        }
        if named.is_empty() || own.iter().any(|name| names(&named, name)) {
            return None;
        }
        let is_known = || names(&named, who) || self.escalation.as_ref().is_some_and(|later| names(&later.to, who));
        if let Some(to) = rights.handed_to(who, at_ms).filter(|_| is_known()) {
            return Some(format!("{who} has handed the right to decide to {to}"));
        }
        let named = named.join(", ");
        match &self.escalation {
            Some(later) if names(&later.to, who) => {
                Some(format!("{who} may decide only when it is escalated; until then: {named}"))
            }
            _ => Some(format!("{who} is not among those who may approve it: {named}")),
        }
    }

    /// Whether this person has a say at that time for no other reason than that nobody else had decided.
    pub fn only_escalated(&self, who: &str, at_ms: i64, rights: &Rights) -> bool {
        let early = Self { escalation: None, ..self.clone() };
        self.bars(who, at_ms, rights).is_none() && early.bars(who, at_ms, rights).is_some()
    }

    fn is_author(&self, who: &str) -> bool {
        self.authors.iter().any(|author| same(author, who))
    }

    fn is_escalated_to(&self, who: &str, at_ms: i64) -> bool {
        self.escalation.as_ref().is_some_and(|later| at_ms >= later.from_ms && names(&later.to, who))
    }

    /// `at_ms` is the time of the newest word: who holds whose right then.
    fn missing(&self, agreed: &[Agreed], rights: &Rights, at_ms: i64) -> Vec<String> {
        let has_agreed = |name: &str| agreed.iter().any(|one| one.rights.iter().any(|right| same(&right.name, name)));
        let from = |list: &[String]| {
            let open = list.iter().filter(|name| !has_agreed(name) && !self.is_author(name));
            let told = open.map(|name| match rights.handed_to(name, at_ms) {
                Some(to) => format!("{to} for {name}"),
                None => name.clone(),
            });
            let told: Vec<String> = told.collect();
            if told.is_empty() { list.join(", ") } else { told.join(", ") }
        };
        let mut missing = Vec::new();
        let own = (&self.approvers, self.needed, String::new());
        let also = self.also.iter().map(|quorum| (&quorum.approvers, quorum.needed, format!(" for {}", quorum.of)));
        for (approvers, needed, what) in std::iter::once(own).chain(also) {
            let counted = most(agreed, &|right| approvers.is_empty() || right.is_of(approvers));
            if counted < needed {
                let whom = if approvers.is_empty() { "anybody".to_owned() } else { from(approvers) };
                let except = match self.named().is_empty() && !self.authors.is_empty() {
                    true => format!(" but {}", self.authors.iter().cloned().collect::<Vec<_>>().join(", ")),
                    false => String::new(),
                };
                missing.push(format!("{} of {needed} approvals{what}, from {whom}{except}", needed - counted));
            }
        }
        for levels in &self.levels {
            let of = |list: &[String]| agreed.iter().filter(|one| one.is_of(list)).count();
            let (first, second) = (of(&levels.first), of(&levels.second));
            for (count, list, level) in [(first, &levels.first, "first"), (second, &levels.second, "second")] {
                if count == 0 && !list.is_empty() {
                    missing.push(format!("one {level} level approver of {}: {}", levels.contract, from(list)));
                }
            }
            if first > 0 && second > 0 && !both(agreed, &levels.first, &levels.second) {
                missing.push(format!("a second person for {}: one cannot approve at both levels", levels.contract));
            }
        }
        missing
    }
}

/// Who holds whose right, over time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// Delegations that count, in the order in which they were made.
    counted: Vec<(String, String, i64, Option<i64>)>,
    told: Vec<Delegated>,
}

impl Rights {
    /// Of each person the newest delegation holds; one to oneself takes the right back.
    pub fn of(case: &Case<'_>, rule: &Rule, doubt: &Doubt<'_>) -> Self {
        let mut rights = Self::default();
        for delegation in case.delegations.iter().filter(|delegation| delegation.subject == case.subject) {
            let from = &delegation.claim.who;
            let not_counted = out_of_time(case, delegation.time_ms)
                .or_else(|| rights.forbids(rule, delegation))
                .or_else(|| doubt(&delegation.claim));
            if not_counted.is_none() {
                rights.counted.push((from.clone(), delegation.to.clone(), delegation.time_ms, delegation.until_ms));
            }
            rights.told.push(Delegated {
                from: from.clone(),
                to: delegation.to.clone(),
                reason: delegation.reason.clone(),
                time_ms: delegation.time_ms,
                until_ms: delegation.until_ms,
                not_counted,
            });
        }
        rights
    }

    /// Why this delegation cannot be: nobody hands on what is not their own.
    pub fn forbids(&self, rule: &Rule, delegation: &Delegation) -> Option<String> {
        let (from, to, at) = (delegation.claim.who.as_str(), delegation.to.as_str(), delegation.time_ms);
        if same(from, to) {
            return self.handed_to(from, at).is_none().then(|| format!("{from} has handed nothing over to take back"));
        }
        let named = rule.named();
        if named.is_empty() {
            return Some("nobody is named as approver, so there is no right to hand over".to_owned());
        }
        if !names(&named, from) && !rule.is_escalated_to(from, at) {
            return Some(format!("{from} has no right to hand over: those who may approve are {}", named.join(", ")));
        }
        if self.holders(from, at).next().is_some() {
            return Some(format!("{from} holds the right of somebody else, and what was handed over is not handed on"));
        }
        if let Some(other) = self.handed_to(to, at) {
            return Some(format!("{to} has handed their own right to {other}, and so cannot take that of another"));
        }
        if rule.is_author(to) {
            return Some(format!("{to} stands behind what is asked, and so cannot approve it for another"));
        }
        if rule.is_author(from) {
            return Some(format!("{from} stands behind what is asked, and so has no right to hand over"));
        }
        None
    }

    /// The delegation of this person that holds at that time.
    pub fn handed_to(&self, who: &str, at_ms: i64) -> Option<&str> {
        let newest = self.counted.iter().rfind(|(from, _, since, _)| same(from, who) && *since <= at_ms);
        newest
            .filter(|(from, to, _, until)| until.is_none_or(|until| at_ms <= until) && !same(from, to))
            .map(|(_, to, ..)| to.as_str())
    }

    /// Those whose rights this person holds at that time.
    fn holders<'a>(&'a self, who: &'a str, at_ms: i64) -> impl Iterator<Item = &'a str> {
        let froms: BTreeSet<&str> = self.counted.iter().map(|(from, ..)| from.as_str()).collect();
        froms.into_iter().filter(move |from| self.handed_to(from, at_ms).is_some_and(|to| same(to, who)))
    }

    /// In whose names a person speaks.
    fn names(&self, who: &str, at_ms: i64) -> Vec<String> {
        let own = self.handed_to(who, at_ms).is_none().then(|| who.to_owned());
        own.into_iter().chain(self.holders(who, at_ms).map(str::to_owned)).collect()
    }
}

fn out_of_time(case: &Case<'_>, time_ms: i64) -> Option<String> {
    if case.opened_ms.is_some_and(|opened| time_ms + SKEW_MS < opened) {
        return Some("it is dated before the gate opened".to_owned());
    }
    case.closes_ms.is_some_and(|closes| time_ms > closes).then(|| "it came after the gate had expired".to_owned())
}

/// Where the case stands. Of each person the newest decision that counts is taken; whoever may not approve is not counted, also
/// where the ledger has an approval of theirs from a time when they might.
pub fn weigh(case: &Case<'_>, rule: &Rule, doubt: &Doubt<'_>) -> Standing {
    let rights = Rights::of(case, rule, doubt);
    let (mut decisions, mut void): (Vec<Decision>, Vec<Decision>) = (Vec::new(), Vec::new());
    for vote in case.votes {
        let who = &vote.claim.who;
        let is_current = vote.subject == case.subject && !vote.lapsed;
        let not_counted = match (is_current, vote.approved, rule.binds_rejections) {
            (true, true, _) => out_of_time(case, vote.time_ms)
                .or_else(|| rule.refuses(who, vote.time_ms, &rights))
                .or_else(|| doubt(&vote.claim))
                .or_else(|| vote.doubt.clone()),
            (true, false, true) => out_of_time(case, vote.time_ms)
                .or_else(|| rule.refuses_rejection(who, vote.time_ms, &rights))
                .or_else(|| doubt(&vote.claim)),
            _ => None,
        };
        let decision = Decision {
            who: who.clone(),
            approved: vote.approved,
            reason: vote.reason.clone(),
            time_ms: vote.time_ms,
            digest: vote.subject.clone(),
            signed: vote.claim.signature.is_some(),
            acting_for: rights.holders(who, vote.time_ms).map(str::to_owned).collect(),
            not_counted,
            key: vote.claim.key(),
        };
        if vote.lapsed && vote.subject == case.subject && doubt(&vote.claim).is_none() {
            decisions.retain(|earlier| !same(&earlier.who, who));
        }
        let list = if is_current { &mut decisions } else { &mut void };
        // What does not count takes nobody's earlier word away.
        let counts = decision.not_counted.is_none();
        list.retain(|earlier| !same(&earlier.who, &decision.who) || earlier.not_counted.is_none() != counts);
        list.push(decision);
    }
    one_key_is_one_person(&mut decisions, case.author_keys);
    let counted = || decisions.iter().filter(|decision| decision.not_counted.is_none());
    let right = |name: String, at_ms: i64| Right { escalated: rule.is_escalated_to(&name, at_ms), name };
    let agreed: Vec<Agreed> = counted()
        .filter(|decision| decision.approved)
        .map(|decision| {
            let names = rights.names(&decision.who, decision.time_ms).into_iter();
            Agreed { rights: names.map(|name| right(name, decision.time_ms)).collect() }
        })
        .collect();
    let votes = case.votes.iter().map(|vote| vote.time_ms);
    let newest = votes.chain(case.delegations.iter().map(|delegation| delegation.time_ms)).max().unwrap_or_default();
    let missing = rule.missing(&agreed, &rights, newest);
    let state = match () {
        () if counted().any(|decision| !decision.approved) => State::Rejected,
        () if missing.is_empty() => State::Approved,
        () => State::Waiting,
    };
    Standing { state, decisions, missing, void, delegations: rights.told }
}

/// Whoever has two names is counted under one of them, and not at all if they stand behind what is asked.
fn one_key_is_one_person(decisions: &mut [Decision], authors: &[Vec<u8>]) {
    let mut people: Vec<(Vec<u8>, String)> = Vec::new();
    for decision in decisions.iter_mut().filter(|decision| decision.approved && decision.not_counted.is_none()) {
        let Some(key) = &decision.key else { continue };
        decision.not_counted = match people.iter().find(|(known, who)| known == key && !same(who, &decision.who)) {
            _ if authors.contains(key) => Some("it is signed with a key of who stands behind what is asked".to_owned()),
            Some((_, who)) => Some(format!("it is signed with the key of {who}: one key is one person")),
            None => None,
        };
        people.push((key.clone(), decision.who.clone()));
    }
}

#[cfg(test)]
mod tests;
