//! A PostgreSQL server of a test's own: 127.0.0.1, a free port, a temporary folder, gone with the test however it ends.

use std::io::{self, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to answer on a busy machine.
const START: Duration = Duration::from_secs(60);

/// Servers tried, each on another port, when another program takes the free port first.
const ATTEMPTS: usize = 3;

/// Runs the server and stops it when standard input ends, which it does even when the test's process is killed.
const KEEPER: &str = r#"
"$1/postgres" -D "$2" >"$2/server.log" 2>&1 </dev/null & server=$!
read -r _ || true
kill -QUIT "$server"
wait "$server"
"#;

/// A running server; dropping it stops it and deletes its data.
pub struct Postgres {
    port: u16,
    binaries: PathBuf,
    keeper: Child,
    databases: AtomicU32,
    _folder: TempDir,
}

impl Postgres {
    /// Starts a server; `None`, with a note on standard error, on a machine without PostgreSQL.
    #[allow(clippy::panic, clippy::print_stderr)]
    pub fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            eprintln!(
                "note: no PostgreSQL server is installed (/usr/lib/postgresql/*/bin), so tests that need one check nothing"
            );
            return None;
        };
        let mut failure = String::new();
        for _ in 0..ATTEMPTS {
            match start(&binaries) {
                Ok(server) => return Some(server),
                Err(error) => failure = error.to_string(),
            }
        }
        panic!("PostgreSQL is installed but does not start: {failure}")
    }

    /// The server that other tests of this process use at the same time, or a new one.
    pub fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// `postgres://postgres@127.0.0.1:<port>/<database>`; no password is asked.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a new, empty database and returns its URL.
    #[allow(clippy::panic)]
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = Command::new(self.binaries.join("createdb"))
            .args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string(), &name])
            .output();
        match made {
            Ok(output) if output.status.success() => self.url(&name),
            Ok(output) => panic!("createdb failed: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => panic!("createdb failed: {error}"),
        }
    }
}

impl Postgres {
    /// Cuts the connections to `url`'s database whose `application_name` is like `pattern`; says how many there were.
    #[allow(clippy::panic)]
    pub fn disconnect(&self, url: &str, pattern: &str) -> usize {
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '{pattern}'"
        );
        let cut = Command::new(self.binaries.join("psql")).args([url, "-Atc", &sql]).output();
        match cut {
            Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).lines().count(),
            Ok(output) => panic!("psql failed: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => panic!("psql failed: {error}"),
        }
    }
}

impl Postgres {
    /// Executes statements, also `COPY … FROM STDIN` with its data behind it, in the database of a URL; otherwise what the
    /// server said.
    pub fn execute(&self, url: &str, sql: &str) -> Result<String, String> {
        let io = |error: io::Error| error.to_string();
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args([url, "-XqAt", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
        psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = psql.spawn().map_err(io)?;
        let input = child.stdin.take();
        let text = sql.to_owned();
        let writing = std::thread::spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        let output = child.wait_with_output().map_err(io)?;
        let _ = writing.join();
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The newest installed version's programs, where Debian and its like put them.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let number =
        |path: &Path| path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
    let newest = versions.map(|entry| entry.path()).max_by_key(|path| number(path))?;
    let folder = newest.join("bin");
    ["initdb", "postgres", "pg_isready", "createdb"].iter().all(|name| folder.join(name).exists()).then_some(folder)
}

fn start(binaries: &Path) -> io::Result<Postgres> {
    let folder = tempfile::tempdir()?;
    let root = folder.path().metadata()?.uid() == 0;
    if root {
        let (uid, gid) = server_user()?;
        chown(folder.path(), Some(uid), Some(gid))?;
    }
    let data = folder.path().join("data");
    let made = as_server_user(root, &binaries.join("initdb"), folder.path())
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
        .arg(&data)
        .output()?;
    if !made.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()));
    }
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\nwal_level = logical\n\
         max_connections = 50\nshared_buffers = '16MB'\n"
    );
    std::fs::write(data.join("postgresql.auto.conf"), settings)?;
    let keeper = as_server_user(root, Path::new("/bin/sh"), folder.path())
        .args(["-c", KEEPER, "keeper"])
        .arg(binaries)
        .arg(&data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let server =
        Postgres { port, binaries: binaries.to_owned(), keeper, databases: AtomicU32::new(0), _folder: folder };
    wait_until_ready(&server, &data)?;
    Ok(server)
}

fn wait_until_ready(server: &Postgres, data: &Path) -> io::Result<()> {
    let deadline = Instant::now() + START;
    while Instant::now() < deadline {
        // The file's last line says `ready` only of this very server, not of another one on the same port.
        let state = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        if state.lines().last().is_some_and(|line| line.trim() == "ready") {
            return Ok(());
        }
        let log = std::fs::read_to_string(data.join("server.log")).unwrap_or_default();
        if log.contains("FATAL") {
            return Err(io::Error::other(log));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer on port {}", server.port)))
}

/// The server refuses to run as root; the package makes the user `postgres` for it.
fn as_server_user(root: bool, program: &Path, folder: &Path) -> Command {
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder);
    command
}

fn server_user() -> io::Result<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd")?;
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == "postgres");
    let number = |index: usize| fields.as_ref().and_then(|fields| fields.get(index)).and_then(|text| text.parse().ok());
    match (number(2), number(3)) {
        (Some(uid), Some(gid)) => Ok((uid, gid)),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, "there is no user `postgres` to run the server as")),
    }
}

#[cfg(test)]
mod tests;
