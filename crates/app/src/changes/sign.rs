//! Signatures of decisions, made and verified by OpenSSH: `ssh-keygen -Y`. The key stays where it is.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use engine::{Error, Kind, Result};
use pipeline::change::ChangeEvent;

/// So that a signature made for something else is none here.
const NAMESPACE: &str = "plimsoll-change";

/// The signature of a decision by this key, a private one or a public one whose private half an agent holds.
pub(super) fn sign(event: &ChangeEvent, key: &Path) -> Result<String> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-q", "-n", NAMESPACE, "-f"]).arg(key);
    let output = run(command, &event.signed_text())?;
    let signature = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() && signature.starts_with("-----BEGIN SSH SIGNATURE-----") {
        true => Ok(signature),
        false => Err(Error::new(Kind::Input, format!("the decision cannot be signed: {}", said(&output)))
            .at(key.display().to_string())
            .help("give the file of an OpenSSH key")),
    }
}

/// What is wrong with a decision's signature; `None` when it is that of who decided.
pub(super) fn doubt(event: &ChangeEvent, allowed: &Path) -> Option<String> {
    let Some(signature) = &event.signature else { return Some("it is not signed".to_owned()) };
    match verify(event, signature, allowed) {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!("its signature is not that of {}: {}", event.who, said(&output))),
        Err(error) => Some(error.message),
    }
}

fn verify(event: &ChangeEvent, signature: &str, allowed: &Path) -> Result<Output> {
    let file = std::env::temp_dir().join(format!("plimsoll-signature-{}", uuid::Uuid::now_v7()));
    std::fs::write(&file, signature)
        .map_err(|e| Error::new(Kind::Refused, format!("the signature cannot be looked at: {e}")))?;
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-n", NAMESPACE, "-I", event.who.trim(), "-f"]).arg(allowed).arg("-s").arg(&file);
    let output = run(command, &event.signed_text());
    let _ = std::fs::remove_file(&file);
    output
}

fn run(mut command: Command, input: &str) -> Result<Output> {
    let failed = |e: std::io::Error| {
        Error::new(Kind::Refused, format!("ssh-keygen does not run: {e}"))
            .help("install OpenSSH: signatures are made and verified by it")
    };
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends early has its reason on its own output.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output().map_err(failed)
}

fn said(output: &Output) -> String {
    let text = [&output.stderr, &output.stdout].map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
    let first = text.iter().flat_map(|text| text.lines()).find(|line| !line.trim().is_empty());
    first.unwrap_or("it does not say why").to_owned()
}
