//! A process takes a folder of its own, and clears away those of processes that have died.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn folders_of_the_living_stay_and_those_of_the_dead_go() {
    let parent = std::env::temp_dir().join(format!("plimsoll-scratch-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(parent.join("dead")).unwrap();
    std::fs::write(parent.join("dead/data"), "left over").unwrap();
    let first = Scratch::claim(&parent).unwrap();
    assert!(!parent.join("dead").exists());
    let second = Scratch::claim(&parent).unwrap();
    assert!(first.folder.is_dir() && second.folder.is_dir());
    let folder = first.folder.clone();
    drop(first);
    assert!(!folder.exists() && second.folder.is_dir());
    drop(second);
    std::fs::remove_dir_all(&parent).unwrap();
}
