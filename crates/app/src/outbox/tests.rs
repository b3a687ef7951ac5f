//! Tests of `outbox`: nothing is lost, whatever a crash leaves behind.
#![allow(clippy::unwrap_used)]

use super::*;

fn message(seq: u64) -> Message {
    Message { seq, message: serde_json::json!({ "n": seq }) }
}

fn entered(seq: u64) -> Entered {
    Entered { seq, hash: format!("h{seq}") }
}

fn seqs(waiting: &[(u64, Message)]) -> Vec<u64> {
    waiting.iter().map(|(_, message)| message.seq).collect()
}

/// An outbox in a folder of its own.
fn outbox(name: &str) -> Outbox {
    let folder = std::env::temp_dir().join(format!("plimsoll-outbox-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let outbox = Outbox::new(folder);
    drop(outbox.lock_entering().unwrap());
    outbox
}

#[test]
fn what_is_taken_is_not_told_again() {
    let outbox = outbox("taken");
    assert_eq!((outbox.entered().unwrap(), outbox.waiting(0).unwrap()), (None, Vec::new()));
    outbox.enter(&[message(1), message(3)], &entered(4)).unwrap();
    outbox.enter(&[message(5)], &entered(5)).unwrap();
    assert_eq!(outbox.entered().unwrap(), Some(entered(5)));
    assert_eq!(seqs(&outbox.waiting(0).unwrap()), [1, 3, 5]);
    let (line, _) = outbox.waiting(0).unwrap()[1].clone();
    outbox.note_delivered(&BTreeMap::from([("url".to_owned(), line)])).unwrap();
    assert_eq!(seqs(&outbox.waiting(outbox.delivered().unwrap()["url"]).unwrap()), [5]);
    // One recipient has not taken everything, so nothing is forgotten.
    outbox.tidy(&["url"]).unwrap();
    assert_eq!(seqs(&outbox.waiting(0).unwrap()), [1, 3, 5]);
    outbox.note_delivered(&BTreeMap::from([("url".to_owned(), 3)])).unwrap();
    outbox.tidy(&["url", "file"]).unwrap();
    assert_eq!(outbox.waiting(0).unwrap().len(), 3);
    outbox.tidy(&["url"]).unwrap();
    assert_eq!((outbox.waiting(0).unwrap(), outbox.delivered().unwrap()), (Vec::new(), BTreeMap::new()));
}

#[test]
fn a_line_that_was_cut_off_is_told_again() {
    let outbox = outbox("torn");
    outbox.enter(&[message(1)], &entered(1)).unwrap();
    let path = outbox.path("waiting.ndjson");
    let whole = std::fs::read(&path).unwrap();
    for cut in [1, 5, whole.len()] {
        std::fs::write(&path, [whole.as_slice(), &whole[..whole.len() - cut]].concat()).unwrap();
        assert_eq!(seqs(&outbox.waiting(0).unwrap()), [1], "half a line is no message");
        outbox.enter(&[message(2)], &entered(2)).unwrap();
        assert_eq!(seqs(&outbox.waiting(0).unwrap()), [1, 2]);
        std::fs::write(&path, &whole).unwrap();
    }
    // Notes that cannot be read are as if they had not been made.
    std::fs::write(outbox.path("entered.json"), "{").unwrap();
    std::fs::write(outbox.path("delivered.json"), "").unwrap();
    assert_eq!((outbox.entered().unwrap(), outbox.delivered().unwrap()), (None, BTreeMap::new()));
}

#[test]
fn one_delivers_at_a_time() {
    let outbox = outbox("lock");
    let held = outbox.lock_delivering().unwrap();
    assert!(held.is_some());
    assert!(outbox.lock_delivering().unwrap().is_none());
    // Who enters does not wait for who delivers.
    drop(outbox.lock_entering().unwrap());
    drop(held);
    assert!(outbox.lock_delivering().unwrap().is_some());
}
