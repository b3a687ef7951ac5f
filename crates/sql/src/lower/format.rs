//! Forms of text, as JSON Schema's vocabulary for `format` defines them by RFC.

use std::net::{Ipv4Addr, Ipv6Addr};

const EMAIL_BYTES_MAX: usize = 254;
const LOCAL_PART_BYTES_MAX: usize = 64;
const HOSTNAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// RFC 5321, section 4.1.2, `Mailbox`; ASCII only.
pub(super) fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let sizes = text.len() <= EMAIL_BYTES_MAX && local.len() <= LOCAL_PART_BYTES_MAX;
    sizes && (dot_string(local) || quoted_string(local)) && (hostname(domain) || address_literal(domain))
}

/// RFC 9562: 8-4-4-4-12 hexadecimal digits, any version.
pub(super) fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// RFC 3986, section 3, `URI`: absolute, with a scheme.
pub(super) fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (hierarchy, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match hierarchy.strip_prefix("//") {
        Some(after) => after.split_at(after.find('/').unwrap_or(after.len())),
        None => ("", hierarchy),
    };
    is_scheme(scheme)
        && is_authority(authority)
        && all_of(path, b":@/")
        && all_of(query, b":@/?")
        && all_of(fragment, b":@/?")
}

/// RFC 1123, section 2.1: labels of letters, digits and inner hyphens.
pub(super) fn hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= HOSTNAME_BYTES_MAX && text.split('.').all(label)
}

/// RFC 2673, section 3.2: dotted quad without leading zeros.
pub(super) fn ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// RFC 4291, section 2.2, without a zone.
pub(super) fn ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// RFC 4648, section 4, with padding.
pub(super) fn base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - data.len() <= 2
        && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

fn dot_string(text: &str) -> bool {
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}

fn quoted_string(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut bytes = inner.bytes();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'\\' => bytes.next().is_some_and(|escaped| (b' '..=b'~').contains(&escaped)),
            b'"' => false,
            _ => (b' '..=b'~').contains(&byte),
        };
        if !good {
            return false;
        }
    }
    true
}

fn address_literal(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    inner.strip_prefix("IPv6:").map_or_else(|| ipv4(inner), ipv6)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn is_authority(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').unwrap_or(("", text));
    let (host, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, after)) if ipv6(inner) => ("", after.strip_prefix(':').or(after.is_empty().then_some(""))),
        Some(_) => return false,
        None => host.split_once(':').map_or((host, Some("")), |(host, port)| (host, Some(port))),
    };
    all_of(user, b":") && all_of(host, b"") && port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Unreserved characters, sub-delimiters, percent escapes, and these.
fn all_of(text: &str, also: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'%' => {
                [bytes.next(), bytes.next()].iter().all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit()))
            }
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte) || also.contains(&byte),
        };
        if !good {
            return false;
        }
    }
    true
}
