//! "Did you mean".

/// More alike than this, from 0 to 1, counts as a slip of the pen.
const SIMILARITY_MIN: f64 = 0.75;

/// The most similar name, if one is similar enough.
pub(super) fn similar<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let scored = candidates.map(|candidate| (strsim::jaro_winkler(&name, &candidate.to_lowercase()), candidate));
    let best = scored.filter(|(score, _)| *score >= SIMILARITY_MIN).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, candidate)| candidate)
}

pub(super) fn did_you_mean<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    similar(name, candidates).map(|similar| format!("did you mean `{similar}`?"))
}
