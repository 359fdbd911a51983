use std::fs;
use std::net::TcpListener;

use super::*;

fn listen(listener: Listener, address: &str, kind: ErrorKind) -> StartError {
    StartError::listen(listener, address.parse().unwrap(), kind.into())
}

#[test]
fn a_taken_port_names_this_very_process() {
    let pid = std::process::id();
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
    let name = name.trim_end();

    for (held, wanted) in [("127.0.0.1:0", "127.0.0.1"), ("0.0.0.0:0", "127.0.0.1")] {
        let holder = TcpListener::bind(held).unwrap();
        let port = holder.local_addr().unwrap().port();
        let address = SocketAddr::new(wanted.parse().unwrap(), port);
        let error = StartError::listen(Listener::Chat, address, TcpListener::bind(address).unwrap_err());
        assert_eq!(
            error.to_string(),
            format!("cannot start the chat server: port {port} is already taken by {name} (process {pid})")
        );
        assert_eq!(
            error.next_step(),
            format!("Stop process {pid}, or choose another port: --listen 127.0.0.1:PORT")
        );
    }
}

#[test]
fn network_errors_are_told_with_the_next_step() {
    // Port 1 is nobody's here, so that no holder is found.
    for (error, message, next_step) in [
        (
            listen(Listener::Chat, "127.0.0.1:1", ErrorKind::AddrInUse),
            "cannot start the chat server: port 1 is already taken",
            "Stop what holds it, or choose another port: --listen 127.0.0.1:PORT",
        ),
        (
            listen(Listener::Admin, "127.0.0.1:1", ErrorKind::AddrInUse),
            "cannot start the admin server: port 1 is already taken",
            "Choose another port for the admin server: --admin-listen 127.0.0.1:PORT; or do without: --admin-listen \
             off",
        ),
        (
            listen(Listener::Chat, "0.0.0.0:80", ErrorKind::PermissionDenied),
            "cannot start the chat server: port 80 may not be used without privileges",
            "Choose a port from 1024 up, and put a proxy in front: --listen 127.0.0.1:8080",
        ),
        (
            listen(Listener::Admin, "192.0.2.1:8081", ErrorKind::AddrNotAvailable),
            "cannot start the admin server: 192.0.2.1 is not an address of this machine",
            "Choose an address of this machine, or all of them: --admin-listen 0.0.0.0:8081",
        ),
        (
            listen(Listener::Chat, "[::1]:8080", ErrorKind::OutOfMemory),
            "cannot start the chat server on [::1]:8080: out of memory",
            "Choose another address: --listen 127.0.0.1:PORT",
        ),
    ] {
        assert_eq!(error.to_string(), message);
        assert_eq!(error.next_step(), next_step);
    }
}

#[test]
fn data_errors_are_told_with_the_next_step() {
    let path = PathBuf::from("/srv/chat");
    for (error, message, next_step) in [
        (
            StartError::store(OpenError::DiskFull { path: path.clone() }),
            "the disk of the data directory /srv/chat is full",
            "Free some space, or choose a directory on another disk: --data DIR",
        ),
        (
            StartError::store(OpenError::NotWritable {
                path: path.clone(),
                what: "permission denied".into(),
            }),
            "/srv/chat cannot be written: permission denied",
            "Choose a directory in which this user may write: --data DIR",
        ),
        (
            StartError::store(OpenError::NotCreatable {
                path: path.clone(),
                source: ErrorKind::PermissionDenied.into(),
            }),
            "the data directory /srv/chat cannot be created: permission denied",
            "Choose a directory in which this user may write: --data DIR",
        ),
        (
            StartError::store(OpenError::Foreign { path: "/srv/chat/chinwag.db".into() }),
            "/srv/chat/chinwag.db is a database of another program",
            "Choose another directory: --data DIR",
        ),
        (
            StartError::store(OpenError::Damaged {
                path: "/srv/chat/chinwag.db".into(),
                what: "torn".into(),
            }),
            "/srv/chat/chinwag.db is damaged: torn",
            "Stop the server, move the data directory away, and put the last backup in its place: chinwag restore FILE. \
             Without a backup, keep what there is and begin anew in an empty directory: --data DIR",
        ),
        (
            StartError::store(OpenError::Locked { path: path.clone(), pid: Some(42) }),
            "the data directory /srv/chat is in use by another chinwag (process 42)",
            "Stop process 42, or choose another directory: --data DIR",
        ),
        (
            StartError::store(OpenError::Locked { path, pid: None }),
            "the data directory /srv/chat is in use by another chinwag",
            "Stop the other chinwag, or choose another directory: --data DIR",
        ),
    ] {
        assert_eq!(error.to_string(), message);
        assert_eq!(error.next_step(), next_step);
    }
}
