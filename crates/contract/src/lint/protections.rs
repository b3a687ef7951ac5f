//! Protections: that they can be understood, leave the type that the contract promises, and do not break keys.

use super::Scope;
use super::findings::Findings;
use super::shape::join;
use crate::codes;
use crate::compile::{data_type, primary_key};
use crate::model::{Property, setting};
use crate::privacy::{Encryption, Protection, declassified, protection};

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    super::each_property(scope.contract, |property, path| {
        let element = join(path, "customProperties");
        if let Some(value) = setting(&property.custom_properties, "protection") {
            match protection(value) {
                Err(why) => {
                    findings.add(codes::PROTECTION, &element, why).help("see the guide's page about privacy");
                }
                Ok(_) if is_nested(path) => {
                    let message = "a part of a column cannot be protected by itself";
                    let help = "make it a column of its own, or give the whole column the protection `null`";
                    findings.add(codes::PROTECTION_TYPE, &element, message).help(help);
                }
                Ok(protection) => fits(property, &protection, &element, findings),
            }
        }
        if let Some(value) = setting(&property.custom_properties, "declassify")
            && let Err(why) = declassified(value)
        {
            findings.add(codes::PROTECTION, &element, why).help("write { to: internal, because: … }");
        }
    });
    super::each_object(scope.contract, |object, path| {
        if let Some(value) = setting(&object.custom_properties, "encryption")
            && let Err(why) = Encryption::parse(value)
        {
            let element = join(path, "customProperties");
            findings.add(codes::PROTECTION, &element, why).help("see the guide's page about privacy");
        }
        let keys = primary_key(object);
        for (index, property) in object.properties.iter().enumerate() {
            let Some(found) =
                setting(&property.custom_properties, "protection").and_then(|value| protection(value).ok())
            else {
                continue;
            };
            let in_key = property.name.as_ref().is_some_and(|name| keys.contains(name));
            if found.method.keeps_equality() || !(in_key || property.unique == Some(true)) {
                continue;
            }
            let name = property.name.as_deref().unwrap_or_default();
            let what = if in_key { "part of the primary key" } else { "unique" };
            let message = format!("`{name}` is {what}, and `{}` does not keep apart what differs", found.method.word());
            let element = format!("{path}.properties[{index}].customProperties");
            findings.add(codes::PROTECTION_KEY, &element, message).help("use hash, encrypt or token");
        }
    });
}

/// A column is a property of the schema object itself.
fn is_nested(path: &str) -> bool {
    path.matches(".properties[").count() > 1 || path.contains(".items") || path.contains(".map.")
}

fn fits(property: &Property, protection: &Protection, element: &str, findings: &mut Findings<'_>) {
    let name = property.name.as_deref().unwrap_or_default();
    let resolved = data_type(property).data_type;
    let method = &protection.method;
    if !method.fits(&resolved) {
        let message = format!("`{name}` is {resolved}, and `{}` gives {}", method.word(), method.fitting());
        let help = format!("make the column {}, or choose another protection", method.fitting());
        findings.add(codes::PROTECTION_TYPE, element, message).help(help);
    } else if *method == crate::privacy::Method::Null && property.required == Some(true) {
        let message = format!("`{name}` is required, and the protection makes it NULL");
        findings.add(codes::PROTECTION_TYPE, element, message).help("take `required` away, or use redact");
    }
}
