//! A disk without space left.

use std::fs;

use crate::program::{Program, run};
use crate::storage::faults::SmallDisk;
use crate::storage::trial::trial;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_a_full_disk_refuses_and_goes_on_when_there_is_space() {
    let disk = SmallDisk::new(64);
    let full = async |_: &Program| disk.fill();
    trial(&disk.path(), "full", full, |filling| fs::remove_file(filling).expect("it is there")).await;
}

#[test]
fn r9_a_disk_that_is_full_at_the_start_is_told() {
    let disk = SmallDisk::new(8);
    fs::create_dir(disk.path()).expect("a folder can be made");
    disk.fill();
    let output = run(&["--listen", "127.0.0.1:0", "--admin-listen", "off"], &disk.path());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("is full"), "{error}");
    assert!(error.contains("next: Free some space"), "{error}");
}
