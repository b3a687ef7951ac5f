//! Who somebody is: signatures of decisions, made and verified by OpenSSH (`ssh-keygen -Y`), and what a bare name is worth. The key
//! stays where it is.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use engine::{Error, Kind, Result};
use pipeline::approval::Claim;
use pipeline::project::Environment;

use crate::Workspace;

/// What is decided on, so that a signature made for one is none for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Change,
    Gate,
}

impl About {
    fn namespace(self) -> &'static str {
        match self {
            Self::Change => "plimsoll-change",
            Self::Gate => "plimsoll-gate",
        }
    }
}

/// Makes a signed word another one each time.
pub(crate) fn nonce() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// What proves that a decision is that of who is said to have made it.
pub(crate) struct Identity {
    about: About,
    /// A file of OpenSSH's allowed signers.
    signers: Option<PathBuf>,
    environment: Environment,
    /// The project's name: a word in one project is none in another.
    project: String,
}

impl Identity {
    pub fn of(workspace: &Workspace, about: About) -> Self {
        let settings = &workspace.project.settings;
        let signers = match about {
            About::Change => settings.changes.allowed_signers.as_deref(),
            About::Gate => settings.gate_signers(),
        };
        Self {
            about,
            signers: signers.map(|path| workspace.root.join(path)),
            environment: settings.environment,
            project: settings.name.clone(),
        }
    }

    /// Why the claim does not prove who made it; `None` when it does.
    pub fn doubt(&self, claim: &Claim) -> Option<String> {
        let Some(signers) = &self.signers else {
            let is_enough = self.environment == Environment::Development;
            return (!is_enough).then(|| "a name alone proves nothing outside of a development environment".to_owned());
        };
        let Some(signature) = &claim.signature else { return Some("it is not signed".to_owned()) };
        match self.verify(claim, signature, signers) {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(format!("its signature is not that of {}: {}", claim.who, said(&output))),
            Err(error) => Some(error.message),
        }
    }

    /// What to do about a doubt.
    pub fn help(&self) -> &'static str {
        match self.signers {
            Some(_) => "approvals of this project are signed: give the file of your key with --sign",
            None => {
                "name a file of allowed signers in plimsoll.toml (`allowed_signers`), or say there that this is a development \
                 environment: environment = \"development\""
            }
        }
    }

    /// The signature of a text by this key, a private one or a public one whose private half an agent holds.
    pub fn sign(&self, text: &str, key: &Path) -> Result<String> {
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "sign", "-q", "-n", self.about.namespace(), "-f"]).arg(key);
        let output = run(command, &self.said_of(text))?;
        let signature = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.success() && signature.starts_with("-----BEGIN SSH SIGNATURE-----") {
            true => Ok(signature),
            false => Err(Error::new(Kind::Input, format!("the decision cannot be signed: {}", said(&output)))
                .at(key.display().to_string())
                .help("give the file of an OpenSSH key")),
        }
    }

    fn verify(&self, claim: &Claim, signature: &str, allowed: &Path) -> Result<Output> {
        let file = std::env::temp_dir().join(format!("plimsoll-signature-{}", nonce()));
        std::fs::write(&file, signature)
            .map_err(|e| Error::new(Kind::Refused, format!("the signature cannot be looked at: {e}")))?;
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "verify", "-n", self.about.namespace(), "-I", claim.who.trim(), "-f"]);
        command.arg(allowed).arg("-s").arg(&file);
        let output = run(command, &self.said_of(&claim.text));
        let _ = std::fs::remove_file(&file);
        output
    }

    /// What is signed of a text.
    fn said_of(&self, text: &str) -> String {
        format!("project {}\n{text}", self.project.replace(['\r', '\n'], " "))
    }
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
