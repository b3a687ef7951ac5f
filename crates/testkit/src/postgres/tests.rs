//! The server answers, gives databases, and is gone when it is dropped.
#![allow(clippy::unwrap_used)]

use std::net::TcpStream;

use super::Postgres;

#[test]
fn a_server_lives_as_long_as_its_value() {
    let Some(server) = Postgres::start() else { return };
    let port = server.port();
    assert_ne!(server.database(), server.database());
    TcpStream::connect(("127.0.0.1", port)).unwrap();
    drop(server);
    TcpStream::connect(("127.0.0.1", port)).unwrap_err();
}

#[test]
fn tests_share_a_server_while_one_of_them_holds_it() {
    let Some(first) = Postgres::shared() else { return };
    let second = Postgres::shared().unwrap();
    assert_eq!(first.port(), second.port());
}
