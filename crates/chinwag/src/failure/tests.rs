use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use super::*;

/// A directory that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("chinwag-{}-{test}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

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
            StartError::data(&path, ErrorKind::StorageFull.into()),
            "the disk of the data directory /srv/chat is full",
            "Free some space, or choose a directory on another disk: --data DIR",
        ),
        (
            StartError::data(&path, ErrorKind::PermissionDenied.into()),
            "the data directory /srv/chat cannot be written: permission denied",
            "Choose a directory in which this user may write: --data DIR",
        ),
        (
            StartError::DataLocked { path: path.clone(), pid: Some(42) },
            "the data directory /srv/chat is in use by another chinwag (process 42)",
            "Stop process 42, or choose another directory: --data DIR",
        ),
        (
            StartError::DataLocked { path, pid: None },
            "the data directory /srv/chat is in use by another chinwag",
            "Stop the other chinwag, or choose another directory: --data DIR",
        ),
    ] {
        assert_eq!(error.to_string(), message);
        assert_eq!(error.next_step(), next_step);
    }
}

#[test]
fn a_data_directory_is_made_for_its_owner_only() {
    let scratch = Scratch::new("made");
    let path = scratch.0.join("a/b");
    prepare_data_directory(&path).unwrap();
    prepare_data_directory(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0, "the trial left nothing behind");
}

#[test]
fn a_data_directory_in_the_place_of_a_file_cannot_be_made() {
    let scratch = Scratch::new("file");
    let path = scratch.0.join("file");
    fs::write(&path, "").unwrap();
    for path in [path.clone(), path.join("data")] {
        let error = prepare_data_directory(&path).unwrap_err();
        assert!(matches!(error, StartError::DataNotCreatable { .. }), "{error:?}");
    }
}

/// The directory of a process is there, and takes no file from anybody, not even from the superuser.
#[test]
fn a_data_directory_that_takes_no_file_is_refused() {
    let error = prepare_data_directory(Path::new("/proc/self")).unwrap_err();
    assert!(matches!(error, StartError::DataNotWritable { .. }), "{error:?}");
}

#[test]
fn a_full_disk_is_told_as_such() {
    let error = File::create("/dev/full").unwrap().write_all(b"x").unwrap_err();
    assert!(matches!(StartError::data(Path::new("data"), error), StartError::DiskFull { .. }));
}
