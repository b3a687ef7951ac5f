//! How long this machine has been up: a second clock that setting the first one does not move.

use pipeline::gate::Uptime;

/// Linux only. Nothing where a container shows an uptime of its own making.
pub(super) fn uptime() -> Option<Uptime> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    if read("/proc/self/mountinfo").is_none_or(|mounts| mounts.contains(" /proc/uptime ")) {
        return None;
    }
    let boot = read("/proc/sys/kernel/random/boot_id")?;
    let namespace = std::fs::read_link("/proc/self/ns/time").ok()?;
    let seconds: f64 = read("/proc/uptime")?.split_whitespace().next()?.parse().ok()?;
    let ms = (seconds * 1000.0) as i64 + engine::fault::later_ms();
    Some(Uptime { boot: format!("{} {}", boot.trim(), namespace.display()), ms })
}
