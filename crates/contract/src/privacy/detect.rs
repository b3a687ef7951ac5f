//! Columns that look personal: from their values, whose check digits are tried, and from their names.

mod checks;
mod names;
mod national;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

/// What a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Email,
    Phone,
    Name,
    Iban,
    CardNumber,
    NationalId,
    IpAddress,
    Coordinates,
    BirthDate,
    Address,
}

/// One guess about one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspicion {
    pub kind: Kind,
    /// From 0 to 1.
    pub confidence: f64,
    /// What speaks for it, without any value.
    pub evidence: String,
    /// How some of these values are written, with a letter for each letter and a digit for each digit.
    pub shapes: Vec<String>,
    /// The class to give it.
    pub class: &'static str,
}

/// Values that are looked at, at most.
pub const VALUES_MAX: usize = 10_000;
/// What is less certain is not told.
pub const CONFIDENCE_MIN: f64 = 0.5;
/// Shapes that are told of a column.
const SHAPES_MAX: usize = 2;
/// Longest shape, in characters.
const SHAPE_CHARS_MAX: usize = 40;
/// Longer values are looked at up to here, in bytes.
const VALUE_BYTES_MAX: usize = 4096;

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Email => "e-mail address",
            Kind::Phone => "phone number",
            Kind::Name => "name of a person",
            Kind::Iban => "IBAN",
            Kind::CardNumber => "card number",
            Kind::NationalId => "national id",
            Kind::IpAddress => "IP address",
            Kind::Coordinates => "coordinates",
            Kind::BirthDate => "date of birth",
            Kind::Address => "postal address",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Kind::Iban | Kind::CardNumber => "restricted",
            _ => "personal",
        }
    }
}

/// Gathers what the values of one column look like.
#[derive(Debug, Clone, Default)]
pub struct Detector {
    name: String,
    values: u64,
    whole: BTreeMap<Kind, u64>,
    /// Values that have it among other text.
    within: BTreeMap<Kind, u64>,
    /// Of national ids, by country.
    countries: BTreeMap<&'static str, u64>,
    /// Of values that are such, a few.
    shapes: BTreeMap<Kind, Vec<String>>,
}

impl Detector {
    pub fn of(column: &str) -> Self {
        Self { name: column.to_owned(), ..Self::default() }
    }

    pub fn is_full(&self) -> bool {
        self.values >= VALUES_MAX as u64
    }

    /// One value as text; NULL is none.
    pub fn see(&mut self, value: &str) {
        let mut end = value.len().min(VALUE_BYTES_MAX);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        let value = value[..end].trim();
        if value.is_empty() || self.is_full() {
            return;
        }
        self.values += 1;
        let mut whole = |kind| {
            *self.whole.entry(kind).or_default() += 1;
            let shapes = self.shapes.entry(kind).or_default();
            if shapes.len() < SHAPES_MAX {
                let shape = shape(value);
                if !shapes.contains(&shape) {
                    shapes.push(shape);
                }
            }
        };
        if is_email(value) {
            whole(Kind::Email);
        } else if checks::is_iban(value) {
            whole(Kind::Iban);
        } else if checks::is_card(value) {
            whole(Kind::CardNumber);
        } else if is_address(value) {
            whole(Kind::IpAddress);
        } else if is_pair(value) {
            whole(Kind::Coordinates);
        } else if checks::is_phone(value) {
            whole(Kind::Phone);
        } else if names::is_person(value) {
            whole(Kind::Name);
        }
        for country in national::countries(value) {
            *self.countries.entry(country).or_default() += 1;
        }
        for word in value
            .split(|letter: char| letter.is_whitespace() || "<>()[]{},;\"'|".contains(letter))
            .skip_while(|word| *word == value)
        {
            let kind = match word.trim_end_matches(['.', ':']) {
                word if is_email(word) => Kind::Email,
                word if checks::is_iban(word) => Kind::Iban,
                word if checks::is_card(word) => Kind::CardNumber,
                _ => continue,
            };
            *self.within.entry(kind).or_default() += 1;
            break;
        }
    }

    /// What the column may hold, the most certain first.
    pub fn suspicions(&self) -> Vec<Suspicion> {
        let mut found: Vec<Suspicion> = Vec::new();
        let named = names::hint(&self.name);
        for kind in [
            Kind::Email,
            Kind::Iban,
            Kind::CardNumber,
            Kind::IpAddress,
            Kind::Phone,
            Kind::Name,
            Kind::Coordinates,
            Kind::NationalId,
            Kind::BirthDate,
            Kind::Address,
        ] {
            let mut seen = self.whole.get(&kind).copied().unwrap_or(0);
            let mut country = "";
            if kind == Kind::NationalId
                && let Some((name, count)) = self.countries.iter().max_by_key(|(_, count)| **count)
            {
                (seen, country) = (*count, name);
            }
            found.extend(self.suspicion(kind, seen, country, named.contains(&kind)));
        }
        found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        found
    }

    fn suspicion(&self, kind: Kind, seen: u64, country: &str, named: bool) -> Option<Suspicion> {
        let share = if self.values == 0 { 0.0 } else { seen as f64 / self.values as f64 };
        let within = self.within.get(&kind).copied().unwrap_or(0);
        // How much a share of such values says by itself; check digits say much, a form says little.
        let (alone, beside): (f64, f64) = match kind {
            Kind::Email | Kind::Iban => (0.99, 0.99),
            Kind::CardNumber => (0.9, 0.98),
            Kind::NationalId if national::has_form(country) => (0.9, 0.97),
            // One number in eleven or so has the right digits by chance.
            Kind::NationalId => (if share > 0.8 { 0.8 } else { 0.0 }, 0.95),
            Kind::IpAddress => (0.75, 0.95),
            Kind::Phone => (0.7, 0.95),
            Kind::Name => (0.75, 0.95),
            Kind::Coordinates => (0.75, 0.85),
            Kind::BirthDate | Kind::Address => (0.0, 0.7),
        };
        let few = if self.values < 5 { 0.9 } else { 1.0 };
        let mut evidence: Vec<String> = Vec::new();
        if seen > 0 {
            let of = if country.is_empty() { String::new() } else { format!(" of {country}") };
            let tried = match kind {
                Kind::Iban | Kind::CardNumber | Kind::NationalId => " with right check digits",
                _ => "",
            };
            evidence.push(format!("{seen} of {} values are {}s{of}{tried}", self.values, kind.word()));
        }
        let mut confidence = match (named, share) {
            // The name says it, and no value contradicts.
            (true, _) if self.values == 0 => 0.6,
            (true, share) if kind == Kind::BirthDate || kind == Kind::Address => beside.max(share),
            (true, share) => beside * share.max(if matches!(kind, Kind::Name | Kind::Phone) { 0.8 } else { 0.0 }),
            (false, share) if share >= 0.5 => alone * share,
            (false, share) if matches!(kind, Kind::Email | Kind::Iban) && seen > 0 => 0.5 + share * 0.4,
            _ => 0.0,
        } * few;
        if within > 0 && seen * 2 < self.values {
            evidence.push(format!("{within} of {} values have {}s in their text", self.values, kind.word()));
            confidence = confidence.max(0.55 + 0.4 * (within as f64 / self.values as f64));
        }
        if named {
            evidence.push("the column's name says so".to_owned());
        }
        let confidence = (confidence * 100.0).round() / 100.0;
        (confidence >= CONFIDENCE_MIN).then(|| Suspicion {
            kind,
            confidence,
            evidence: evidence.join("; "),
            shapes: self.shapes.get(&kind).cloned().unwrap_or_default(),
            class: kind.class(),
        })
    }
}

/// What a value looks like, without what it says: `xxx.xxxxx@xxxxxxx.xxx`.
fn shape(value: &str) -> String {
    let masked = value.chars().take(SHAPE_CHARS_MAX).map(|letter| match letter {
        letter if letter.is_numeric() => '9',
        letter if letter.is_uppercase() => 'X',
        letter if letter.is_alphabetic() => 'x',
        letter if letter.is_control() => ' ',
        letter => letter,
    });
    masked.collect()
}

fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return false };
    let word = |text: &str, more: &str| text.chars().all(|letter| letter.is_alphanumeric() || more.contains(letter));
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && local.len() <= 64
        && word(local, "!#$%&'*+/=?^_`{|}~.-")
        && labels.len() >= 2
        && labels.iter().all(|label| !label.is_empty() && word(label, "-") && !label.starts_with('-'))
        && labels
            .last()
            .is_some_and(|last| last.chars().count() >= 2 && last.chars().all(|c| c.is_alphabetic() || c == '-'))
}

fn is_address(value: &str) -> bool {
    let parsed = value.split('/').next().unwrap_or_default().parse::<IpAddr>();
    parsed.is_ok_and(|address| !address.is_unspecified())
}

/// `52.5200, 13.4050`: both in range, both with decimals.
fn is_pair(value: &str) -> bool {
    let value = value.trim_matches(['(', ')', '[', ']']);
    let value = value.strip_prefix("POINT").map(|point| point.trim().trim_matches(['(', ')'])).unwrap_or(value);
    let parts: Vec<&str> = value.split([',', ';', ' ']).filter(|part| !part.is_empty()).collect();
    let [first, second] = parts.as_slice() else { return false };
    let degrees = |text: &str| {
        let decimals = text.rsplit_once('.').is_some_and(|(_, decimals)| decimals.len() >= 3);
        text.parse::<f64>().ok().filter(|number| decimals && number.is_finite())
    };
    matches!((degrees(first), degrees(second)), (Some(a), Some(b)) if a.abs() <= 180.0 && b.abs() <= 180.0 && (a.abs() <= 90.0 || b.abs() <= 90.0))
}

#[cfg(test)]
mod tests;
