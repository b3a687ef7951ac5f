//! Protections and declassifications as they stand in a contract.

use serde_json::{Map, Value as Json};

use super::{Declassified, Method, Period, Protection};

const PERIODS: [(&str, Period); 6] = [
    ("hour", Period::Hour),
    ("day", Period::Day),
    ("week", Period::Week),
    ("month", Period::Month),
    ("quarter", Period::Quarter),
    ("year", Period::Year),
];
/// Longest text that stands in place of a value, in characters.
const WITH_MAX: usize = 64;

/// A protection from the value of the custom property `protection`: a method's word, or a map with `method` and what belongs to it.
pub fn protection(value: &Json) -> Result<Protection, String> {
    let empty = Map::new();
    let (word, map) = match value {
        Json::String(word) => (word.as_str(), &empty),
        Json::Object(map) => {
            let word = map.get("method").and_then(Json::as_str);
            (word.ok_or_else(|| format!("a protection needs a `method`: {}", Method::WORDS.join(", ")))?, map)
        }
        _ => return Err("a protection is a method's word, or a map with `method`".to_owned()),
    };
    let method = method(word, map)?;
    let mut allowed = vec!["method", "leaves"];
    allowed.extend(match &method {
        Method::Hash | Method::Encrypt | Method::EncryptRandom | Method::Token => &["key", "domain"][..],
        Method::Noise { .. } => &["key", "domain", "scale"],
        Method::Redact { .. } => &["with"],
        Method::Partial { .. } => &["first", "last", "with"],
        Method::Band { .. } => &["band"],
        Method::Truncate { .. } => &["to"],
        Method::Grid { .. } => &["grid"],
        Method::Null => &[],
    });
    if let Some(unknown) = map.keys().find(|key| !allowed.contains(&key.as_str())) {
        return Err(format!("`{unknown}` does not belong to the protection `{word}`: it knows {}", allowed.join(", ")));
    }
    Ok(Protection { method, key: name(map, "key")?, domain: name(map, "domain")?, leaves: text(map, "leaves")? })
}

/// From the value of the custom property `declassify`.
pub fn declassified(value: &Json) -> Result<Declassified, String> {
    let Json::Object(map) = value else {
        return Err("`declassify` is a map with `to`, the class of the result, and `because`".to_owned());
    };
    if let Some(unknown) = map.keys().find(|key| !["to", "because"].contains(&key.as_str())) {
        return Err(format!("`{unknown}` does not belong to `declassify`: it knows to, because"));
    }
    let needed = |key: &str, what: &str| text(map, key)?.ok_or_else(|| format!("`declassify` needs `{key}`: {what}"));
    Ok(Declassified {
        to: needed("to", "the class of the result")?,
        because: needed("because", "what was taken away")?,
    })
}

fn method(word: &str, map: &Map<String, Json>) -> Result<Method, String> {
    Ok(match word {
        "hash" => Method::Hash,
        "encrypt" => Method::Encrypt,
        "encrypt-random" => Method::EncryptRandom,
        "token" => Method::Token,
        "redact" => Method::Redact { with: with(map)?.unwrap_or_else(|| "[redacted]".to_owned()) },
        "partial" => partial(map)?,
        "generalise" | "generalize" => generalised(map)?,
        "noise" => Method::Noise { scale: positive(map, "scale")?.ok_or("noise needs its `scale`")? },
        "null" => Method::Null,
        _ => return Err(format!("there is no protection `{word}`: it is one of {}", Method::WORDS.join(", "))),
    })
}

fn partial(map: &Map<String, Json>) -> Result<Method, String> {
    let count = |key: &str| match map.get(key) {
        None => Ok(None),
        Some(value) => {
            match value.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count <= 1000) {
                Some(count) => Ok(Some(count)),
                None => Err(format!("`{key}` must be a number of characters from 0 to 1000, not {value}")),
            }
        }
    };
    let (first, last) = (count("first")?, count("last")?);
    let last = last.unwrap_or(if first.is_none() { 4 } else { 0 });
    Ok(Method::Partial { first: first.unwrap_or(0), last, with: with(map)?.unwrap_or_else(|| "*".to_owned()) })
}

fn generalised(map: &Map<String, Json>) -> Result<Method, String> {
    let given: Vec<&str> = ["band", "to", "grid"].into_iter().filter(|key| map.contains_key(*key)).collect();
    match given.as_slice() {
        ["band"] => Ok(Method::Band { width: positive(map, "band")?.unwrap_or(1.0) }),
        ["grid"] => Ok(Method::Grid { size: positive(map, "grid")?.unwrap_or(1.0) }),
        ["to"] => {
            let word = text(map, "to")?.unwrap_or_default();
            let found = PERIODS.iter().find(|(name, _)| *name == word);
            let names: Vec<&str> = PERIODS.iter().map(|(name, _)| *name).collect();
            let (_, to) = found.ok_or_else(|| format!("`to` must be one of {}, not `{word}`", names.join(", ")))?;
            Ok(Method::Truncate { to: *to })
        }
        _ => Err("`generalise` needs one of band (the width of the bands), to (a period) and grid (a size)".to_owned()),
    }
}

fn positive(map: &Map<String, Json>, key: &str) -> Result<Option<f64>, String> {
    let Some(value) = map.get(key) else { return Ok(None) };
    match value.as_f64().filter(|number| number.is_finite() && *number > 0.0) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("`{key}` must be a number greater than 0, not {value}")),
    }
}

fn with(map: &Map<String, Json>) -> Result<Option<String>, String> {
    let with = text(map, "with")?;
    match with.filter(|with| with.chars().count() > WITH_MAX) {
        Some(_) => Err(format!("`with` is longer than {WITH_MAX} characters")),
        None => text(map, "with"),
    }
}

fn text(map: &Map<String, Json>, key: &str) -> Result<Option<String>, String> {
    match map.get(key) {
        None => Ok(None),
        Some(Json::String(text)) if !text.trim().is_empty() => Ok(Some(text.clone())),
        Some(other) => Err(format!("`{key}` must be a text, not {other}")),
    }
}

/// Names stand inside of protected values, so they are kept plain.
pub(super) fn name(map: &Map<String, Json>, key: &str) -> Result<Option<String>, String> {
    let plain = |text: &String| {
        text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match text(map, key)? {
        Some(text) if !plain(&text) => {
            Err(format!("`{key}` must be at most 64 letters, digits, `-`, `_` and `.`, not `{text}`"))
        }
        name => Ok(name),
    }
}
