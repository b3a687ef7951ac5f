//! The binary as a process that a test holds up, interrupts or kills.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use crate::project::{Output, Project};

/// How long a step may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A process that is under way.
pub struct Process {
    child: Option<Child>,
    /// What was read of its second output while it was under way, and where to read on.
    heard: String,
    err: Option<BufReader<ChildStderr>>,
}

/// A process that waits at a step until the file is taken away.
pub struct Paused {
    pub process: Process,
    file: PathBuf,
}

impl Process {
    pub fn start(project: &Project, args: &[&str]) -> Self {
        Self::of(&mut project.command(args))
    }

    pub fn of(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child: Some(child), heard: String::new(), err: None }
    }

    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    /// Returns when the process has said this on its second output; until then it is waited for.
    pub fn says(&mut self, text: &str) {
        let child = self.child.as_mut().unwrap();
        let err = self.err.get_or_insert_with(|| BufReader::new(child.stderr.take().unwrap()));
        while !self.heard.contains(text) {
            let read = err.read_line(&mut self.heard).unwrap();
            assert!(read > 0, "the process ended and never said {text:?}:\n{}", self.heard);
        }
    }

    /// Waits for the end, but not for ever.
    pub fn end(mut self) -> Output {
        let deadline = Instant::now() + PATIENCE;
        while self.is_running() {
            assert!(Instant::now() < deadline, "the process does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        let mut stderr = std::mem::take(&mut self.heard) + &String::from_utf8(output.stderr).unwrap();
        if let Some(rest) = &mut self.err {
            rest.read_to_string(&mut stderr).unwrap();
        }
        Output { code: output.status.code(), stdout: String::from_utf8(output.stdout).unwrap(), stderr }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Paused {
    /// Starts and returns when the process has reached the step for the first time.
    pub fn at(project: &Project, step: &str, args: &[&str]) -> Self {
        let file = project.path(&format!("paused-{step}"));
        let mut command = project.command(args);
        command.env("PLIMSOLL_FAULT", format!("{step}:1:{}", file.display()));
        let mut process = Process::of(&mut command);
        let deadline = Instant::now() + PATIENCE;
        while !file.exists() {
            assert!(process.is_running(), "the process ended before {step}: {}", process.end().both());
            assert!(Instant::now() < deadline, "the process does not reach {step}");
            std::thread::sleep(Duration::from_millis(2));
        }
        Self { process, file }
    }

    /// Lets it go on, and waits for its end.
    pub fn resume(self) -> Output {
        std::fs::remove_file(&self.file).unwrap();
        self.process.end()
    }
}

/// Runs with a fault; `None` when the process reached the step and died there, otherwise how it ended.
pub fn killed_at(project: &Project, fault: &str, args: &[&str]) -> Option<Output> {
    let output = Output::of(project.command(args).env("PLIMSOLL_FAULT", fault));
    output.code.is_some().then_some(output)
}

/// Kills the process after this time; whether it was still under way.
pub fn killed_after(project: &Project, time: Duration, args: &[&str]) -> bool {
    let mut process = Process::start(project, args);
    std::thread::sleep(time);
    let running = process.is_running();
    process.signal_kill();
    running
}

impl Process {
    fn signal_kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            child.wait().unwrap();
        }
    }
}
