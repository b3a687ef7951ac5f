//! Ids of runs and names of places.

use sha2::{Digest, Sha256};

/// A run's id is a UUID already; anything else, as in old ledgers, becomes one.
pub fn run(run: &str) -> String {
    if is_uuid(run) { run.to_lowercase() } else { uuid(run) }
}

/// The id of a stage in a run: always the same for the same two, so that an event that is told again is the same event.
pub fn stage_run(run: &str, dataset: &str) -> String {
    uuid(&format!("{run}\n{dataset}"))
}

/// When the run began, which a UUID of version 7 says. Milliseconds since the epoch.
pub fn time_ms(run: &str) -> Option<i64> {
    let is_timed = is_uuid(run) && run.as_bytes().get(14) == Some(&b'7');
    let digits = run.get(..13)?.replace('-', "");
    is_timed.then(|| i64::from_str_radix(&digits, 16).ok()).flatten()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A UUID of version 8: ours to fill.
fn uuid(name: &str) -> String {
    let digest = Sha256::digest(name);
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A path as a part of a URL.
pub fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// The namespace and name of what is at a URL, as OpenLineage names datasets: `file` and the path, or the store with its
/// bucket and the key.
pub fn place(url: &str) -> (String, String) {
    let Some((scheme, rest)) = url.split_once("://") else { return ("file".to_owned(), url.to_owned()) };
    if scheme == "file" {
        return ("file".to_owned(), format!("/{}", rest.trim_start_matches('/').trim_end_matches('/')));
    }
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    // A name or password before the host is nobody's business.
    let bucket = bucket.rsplit('@').next().unwrap_or(bucket);
    let key = key.trim_end_matches('/');
    (format!("{scheme}://{bucket}"), if key.is_empty() { "/".to_owned() } else { key.to_owned() })
}
