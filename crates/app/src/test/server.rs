//! Where a server of the contract keeps its datasets.

use contract::model::Server;
use contract::{Contract, Dataset};
use engine::{Error, Kind, Result};

use super::TestRequest;
use super::locate::{At, FilesAt, Located, Where, names};

/// What environment variables say.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Types of servers whose data can be tested.
const TESTABLE: &[&str] = &["local", "s3", "postgres", "postgresql", "redshift", "custom"];

pub(super) fn locate(
    contract: &Contract,
    wanted: &[&Dataset],
    request: &TestRequest,
    environment: &Environment<'_>,
) -> Result<Located> {
    let server = choose(contract, request, environment)?;
    let name = server.server.clone().unwrap_or_default();
    let mut located = Located { server: Some(name.clone()), ..Located::default() };
    let field = |value: &Option<String>| value.as_deref().map(|text| resolve(text, environment, &name)).transpose();
    let kind = field(&server.kind)?.unwrap_or_default();
    for dataset in wanted {
        let names = names(contract, dataset);
        let place = match kind.as_str() {
            "postgres" | "postgresql" => postgres(server, &names, environment, &name)?,
            _ => {
                let pattern = match (field(&server.path)?, field(&server.location)?) {
                    (Some(path), _) => path,
                    (None, Some(location)) => location,
                    (None, None) => return Err(incomplete(&name, "a `path` or a `location`")),
                };
                let format = field(&server.format)?.or_else(|| request.format.clone());
                Where::Files(FilesAt {
                    patterns: filled(&pattern, &names),
                    shared: wanted.len() > 1,
                    names,
                    format,
                    delimiter: field(&server.delimiter)?,
                    encoding: field(&server.encoding)?,
                })
            }
        };
        located.places.push(At { dataset: dataset.name.clone(), place });
    }
    if let Some(endpoint) = field(&server.endpoint_url)? {
        if endpoint.starts_with("http://") {
            located.store.insert("allow_http".to_owned(), "true".to_owned());
        }
        located.store.insert("aws_endpoint".to_owned(), endpoint);
    }
    if let Some(region) = field(&server.region)?.or(field(&server.region_name)?) {
        located.store.insert("aws_region".to_owned(), region);
    }
    Ok(located)
}

fn choose<'a>(contract: &'a Contract, request: &TestRequest, environment: &Environment<'_>) -> Result<&'a Server> {
    let servers = &contract.document.servers;
    let listed = || {
        let names: Vec<&str> = servers.iter().filter_map(|server| server.server.as_deref()).collect();
        if names.is_empty() {
            "it has none; give the data with --data".to_owned()
        } else {
            format!("it has {}", names.join(", "))
        }
    };
    let kind = |server: &Server| {
        let name = server.server.as_deref().unwrap_or_default();
        server.kind.as_deref().and_then(|kind| resolve(kind, environment, name).ok()).unwrap_or_default()
    };
    let testable = |server: &&Server| TESTABLE.contains(&kind(server).as_str());
    match &request.server {
        Some(name) => {
            let server = servers.iter().find(|server| server.server.as_deref() == Some(name));
            let server = server
                .ok_or_else(|| Error::new(Kind::Input, format!("the contract has no server {name}")).help(listed()))?;
            if testable(&server) {
                return Ok(server);
            }
            Err(Error::new(
                Kind::Input,
                format!("data of the server {name} cannot be tested: its type is {}", kind(server)),
            )
            .help(format!("types that can be are {}; give other data with --data", TESTABLE.join(", "))))
        }
        None => servers.iter().find(testable).ok_or_else(|| {
            Error::new(Kind::Input, "the contract has no server whose data can be tested").help(listed())
        }),
    }
}

fn incomplete(server: &str, what: &str) -> Error {
    Error::new(Kind::Input, format!("the server {server} has no {what}"))
        .help("complete it in the contract, or give the data with --data")
}

/// The pattern for each name of the dataset where it has a place for one, otherwise as it is.
fn filled(pattern: &str, names: &[String]) -> Vec<String> {
    let places = ["{model}", "{schema}", "{table}", "{object}"];
    if !places.iter().any(|place| pattern.contains(place)) {
        return vec![pattern.to_owned()];
    }
    let fill = |name: &String| places.iter().fold(pattern.to_owned(), |text, place| text.replace(place, name));
    names.iter().map(fill).collect()
}

fn postgres(server: &Server, names: &[String], environment: &Environment<'_>, name: &str) -> Result<Where> {
    let field = |value: &Option<String>| value.as_deref().map(|text| resolve(text, environment, name)).transpose();
    let scalar = |value: &Option<contract::model::ScalarValue>| {
        value.as_ref().map(|value| value.0.as_str().map_or_else(|| value.0.to_string(), str::to_owned))
    };
    let host = field(&server.host)?.ok_or_else(|| incomplete(name, "`host`"))?;
    let database = field(&server.database)?.ok_or_else(|| incomplete(name, "`database`"))?;
    let port = field(&scalar(&server.port))?.unwrap_or_else(|| "5432".to_owned());
    let user = ["PLIMSOLL_POSTGRES_USERNAME", "PGUSER"].iter().find_map(|name| environment(name));
    let password = ["PLIMSOLL_POSTGRES_PASSWORD", "PGPASSWORD"].iter().find_map(|name| environment(name));
    let login = match (user, password) {
        (Some(user), Some(password)) => format!("{}:{}@", encoded(&user), encoded(&password)),
        (Some(user), None) => format!("{}@", encoded(&user)),
        _ => String::new(),
    };
    let url = format!("postgres://{login}{host}:{port}/{}", encoded(&database));
    let schema = field(&scalar(&server.schema))?;
    Ok(Where::Postgres { url, schema, table: names.last().cloned().unwrap_or_default() })
}

/// A part of a URL.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// `${NAME}` and `${NAME:-default}`, as the standard's variables.
fn resolve(text: &str, environment: &Environment<'_>, server: &str) -> Result<String> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        let (name, default) =
            variable.split_once(":-").map_or((variable, None), |(name, default)| (name, Some(default)));
        let value =
            environment(name).filter(|value| !value.is_empty() || default.is_none()).or(default.map(str::to_owned));
        let value = value.ok_or_else(|| {
            Error::new(Kind::Input, format!("the variable {name} of the server {server} is not set"))
                .help(format!("set it in the environment, or write ${{{name}:-default}} in the contract"))
        })?;
        resolved.push_str(before);
        resolved.push_str(&value);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}
