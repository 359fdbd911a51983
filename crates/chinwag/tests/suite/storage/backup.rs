//! Backups of a running program, and what clients make of it when one is put back.

use tempfile::TempDir;

use crate::program::{Program, run};
use crate::storage::talk::{Talk, readers};

/// More is sent than the backup has. When it is put back, whoever had more than it is told of a gap over each transport, and
/// has what everyone has again; whoever had less goes on as if nothing had been; and what is lost can be sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_put_back_and_who_was_ahead_comes_right() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let (data, restored) = (folder.path().join("data"), folder.path().join("restored"));
    let backup = folder.path().join("backup.db").display().to_string();
    let program = Program::start(&data);
    let talk = Talk::begin(&program, "tea", 200).await;
    talk.goes_on(200).await;

    talk.before_backup();
    let (of, to) = (data.clone(), backup.clone());
    let output = tokio::task::spawn_blocking(move || run(&["backup", &to], &of)).await.expect("it runs");
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{error}");
    assert!(
        out.starts_with(&format!("{backup} holds ")) && out.ends_with(" events and was checked.\n"),
        "{out}"
    );
    talk.goes_on(200).await;
    let mut finished = talk.end().await;
    finished.is_kept_by(&program).await;
    program.stop();

    let output = run(&["restore", &backup], &restored);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let program = Program::start(&restored);
    let kept = finished.is_put_back_on(&program).await;
    assert!(kept.get() >= 200);
    let lost = finished.send_lost(kept).await;
    assert!(lost >= 200);
    // All of them are ahead of it, or were: the log has grown since.
    let talk = finished.go_on(&program).await;
    talk.goes_on(200).await;
    let finished = talk.end().await;
    finished.is_kept_by(&program).await;
    let summary = finished.check();
    assert_eq!(summary.gaps, readers().count() as u64);
    assert_eq!(summary.not_backed_up, lost as u64);
    program.stop();
}

#[test]
fn what_cannot_be_done_is_told_with_what_to_do() {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let data = folder.path().join("data");
    let file = folder.path().join("backup.db").display().to_string();
    let refused = |arguments: &[&str], what: &str, next_step: &str| {
        let output = run(arguments, &data);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(what) && error.contains(next_step), "{error}");
    };
    refused(&["backup", &file], "there is no database at", "Name the data directory: --data DIR");
    refused(&["restore", &file], "there is no database at", "Name the file that `chinwag backup` made.");
    std::fs::create_dir_all(&data).expect("a folder can be made");
    std::fs::write(&file, "").expect("a file can be written");
    std::fs::write(data.join("something"), "").expect("a file can be written");
    refused(&["restore", &file], "is not empty", "Move what is in it away");
    refused(&["check"], "there is no database at", "Name the data directory: --data DIR");
}
