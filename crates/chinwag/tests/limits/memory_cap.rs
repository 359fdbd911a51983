//! A server that is given 256 MB, and more work than that holds (case R8).

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chinwag_client::{ClientError, Protocol};
use chinwag_protocol::ClientId;
use tokio::task::JoinSet;

use crate::program::{Program, alone};
use crate::reader::{Carrier, Form, Reader, Way};

const MEMORY_BYTES: u64 = 256 << 20;
const SENDERS: usize = 200;
const MESSAGES_EACH: u64 = 60;
const MESSAGE_BYTES: usize = 32_000;
const STALLED: usize = 300;

/// A group of processes with a limit on their memory: of cgroup version 1 or 2.
struct Group {
    folder: PathBuf,
    peak: &'static str,
}

impl Group {
    fn new() -> Self {
        let name = format!("chinwag-test-{}", std::process::id());
        let one = PathBuf::from("/sys/fs/cgroup/memory");
        let (folder, limit, peak) = if one.is_dir() {
            (one.join(name), "memory.limit_in_bytes", "memory.max_usage_in_bytes")
        } else {
            // Allowed already where systemd is.
            let _ = fs::write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
            (PathBuf::from("/sys/fs/cgroup").join(name), "memory.max", "memory.peak")
        };
        let made = fs::create_dir(&folder);
        let limited = made.and_then(|()| fs::write(folder.join(limit), MEMORY_BYTES.to_string()));
        if let Err(error) = limited {
            let place = folder.display();
            panic!(
                "R8 cannot be tried here, for memory cannot be limited in {place}: {error}. It takes root and the memory \
                 controller of cgroups, of version 1 or 2, where it may be written; most containers mount it read-only."
            );
        }
        Self { folder, peak }
    }

    /// Has the command run in the group.
    fn hold(&self, command: &mut Command) {
        let mut shell = Command::new("sh");
        let join = format!("echo $$ > {}/cgroup.procs && exec \"$0\" \"$@\"", self.folder.display());
        shell.args(["-c", &join]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        *command = shell;
    }

    /// The most that it ever had.
    fn peak(&self) -> u64 {
        let peak = fs::read_to_string(self.folder.join(self.peak));
        // Linux before 5.19 does not tell with version 2.
        peak.map_or(0, |peak| peak.trim().parse().unwrap())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Its process was ended before it; the kernel may need a moment to see that.
        for _ in 0..100 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r8_with_256_mb_the_server_sheds_work_and_lives() {
    let _alone = alone().await;
    let group = Group::new();
    let mut program =
        Program::start_by(|command| group.hold(command), &["--limits", "off", "--log", "warn"]).await;
    let client = program.client();
    let ada = client.guest("Ada").await.unwrap();
    let room = ada.open_room("tea").await.unwrap().conversation.id;
    let cursor = ada.poll(None, Duration::ZERO).await.unwrap().cursor;
    // Some read nothing of it …
    let mut stalled = Vec::new();
    for number in 0..STALLED {
        let carrier = if number % 2 == 0 { Carrier::Http1 } else { Carrier::Http2 };
        let form = [Form::WebSocket, Form::Sse, Form::Lines][number % 3];
        stalled.push(Reader::open(&program, Way { form, carrier }, ada.token(), cursor.as_str()).await);
    }
    // … and many say as much as they can.
    let (stored, shed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let text = Arc::new("x".repeat(MESSAGE_BYTES));
    let mut senders = JoinSet::new();
    for number in 0..SENDERS {
        let protocol = if number % 2 == 0 { Protocol::Http1 } else { Protocol::Http2 };
        let session = program.client_by(protocol).session(ada.token()).await.unwrap();
        let (stored, shed, text) = (stored.clone(), shed.clone(), text.clone());
        senders.spawn(async move {
            for _ in 0..MESSAGES_EACH {
                let id = ClientId::new(uuid::Uuid::now_v7());
                match session.send(room, id, &text, None).await {
                    Ok(_) => stored.fetch_add(1, Ordering::Relaxed),
                    Err(ClientError::Problem(problem)) if matches!(problem.code.status(), 429 | 503) => {
                        shed.fetch_add(1, Ordering::Relaxed)
                    }
                    Err(error) => panic!("{error}"),
                };
            }
        });
    }
    senders.join_all().await;
    let (stored, shed, peak) = (stored.load(Ordering::Relaxed), shed.load(Ordering::Relaxed), group.peak());
    assert!(program.runs(), "killed at {} MiB with {stored} stored and {shed} shed", peak >> 20);
    assert_eq!(stored + shed, SENDERS as u64 * MESSAGES_EACH, "every message was answered");
    assert!(stored > 0);
    // And it does what it should.
    let page = ada.history(room, chinwag_client::HistoryRange::Newest, 200).await.unwrap();
    assert_eq!(page.to_seq.get(), stored);
    drop(stalled);
    program.until("chinwag_hub_streams", |streams| streams == 0).await;
    drop(program);
}
