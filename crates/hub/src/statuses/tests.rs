//! What accounts show, moment by moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chinwag_protocol::{AccountId, Actor, ConversationId, DeviceId, Record, Timestamp};
use tokio::sync::Notify;

use super::*;

struct Scene {
    statuses: Arc<Statuses>,
    time: Arc<AtomicI64>,
}

const ADA: AccountId = AccountId::from_bytes([1; 16]);
const TEA: ConversationId = ConversationId::from_bytes([9; 16]);

fn device(number: u8) -> Actor {
    Actor { account: ADA, device: DeviceId::from_bytes([number; 16]) }
}

impl Scene {
    /// Ada is known to the shard, visible, and looked at.
    fn new() -> Self {
        let time = Arc::new(AtomicI64::new(0));
        let clock: Clock = {
            let time = time.clone();
            Arc::new(move || Timestamp::from_millis(time.load(Ordering::Relaxed)))
        };
        let wakes = vec![Arc::new(Notify::new()), Arc::new(Notify::new())];
        let statuses = Statuses::new(wakes, clock, HubMetrics::default(), &HubOptions::default());
        statuses.enter(0, ADA);
        statuses.learn(ADA, false, 0);
        statuses.look(ADA, None);
        Self { statuses, time }
    }

    /// Lets it become so many seconds; says what is shown then, and whether somebody was to look.
    fn at(&self, seconds: f64) -> (String, bool) {
        self.time.store((seconds * 1000.0) as i64, Ordering::Relaxed);
        self.statuses.tick((seconds * 1000.0) as u64);
        let record = serde_json::from_slice(&self.statuses.frame(ADA).json()).unwrap();
        let Record::Presence { status, last_seen_at, .. } = record else { panic!("{record:?}") };
        let seen = last_seen_at.map_or(String::new(), |at| format!(" {}", at.as_millis() / 1000));
        let mut changes = Vec::new();
        self.statuses.take_changes(0, &mut changes);
        (format!("{status:?}{seen}"), changes.contains(&Changed::Person(ADA)))
    }

    fn now_ms(&self) -> u64 {
        self.time.load(Ordering::Relaxed) as u64
    }

    #[track_caller]
    fn expect(&self, seconds: f64, shown: &str, changed: bool) {
        assert_eq!(self.at(seconds), (shown.to_owned(), changed), "at {seconds} s");
    }
}

#[test]
fn a_reconnect_within_ten_seconds_shows_nothing() {
    let scene = Scene::new();
    scene.expect(0.0, "Offline", false);
    scene.statuses.stream_came(device(1), scene.now_ms());
    scene.expect(1.0, "Online", true);
    for second in [10.0, 19.9, 29.8] {
        scene.at(second);
        scene.statuses.stream_went(device(1), scene.now_ms());
        scene.expect(second + 9.8, "Online", false);
        scene.statuses.stream_came(device(1), scene.now_ms());
        scene.expect(second + 9.85, "Online", false);
    }
    scene.at(60.0);
    scene.statuses.stream_went(device(1), scene.now_ms());
    scene.expect(69.9, "Online", false);
    scene.expect(70.0, "Offline 60", true);
    scene.expect(100.0, "Offline 60", false);
}

#[test]
fn one_device_in_use_is_enough() {
    let scene = Scene::new();
    scene.statuses.stream_came(device(1), 0);
    scene.statuses.stream_came(device(2), 0);
    scene.expect(1.0, "Online", true);
    scene.statuses.set_away(device(1), true, scene.now_ms());
    scene.expect(2.0, "Online", false);
    scene.statuses.set_away(device(2), true, scene.now_ms());
    scene.expect(3.0, "Away", true);
    scene.statuses.set_away(device(1), false, scene.now_ms());
    scene.expect(4.0, "Online", true);
    scene.statuses.stream_went(device(1), scene.now_ms());
    scene.expect(13.9, "Online", false);
    scene.expect(14.0, "Away", true);
}

#[test]
fn who_polls_is_there_until_twice_what_was_promised() {
    // (wait, second at which it begins and ends), and until when it is there.
    let table: [(&[(u64, f64, f64)], f64); 5] = [
        (&[(0, 0.0, 0.0)], 30.0),
        (&[(30, 0.0, 30.0)], 60.0),
        (&[(30, 0.0, 0.5)], 60.0),
        (&[(0, 0.0, 0.0), (0, 4.0, 4.0)], 30.0),
        (&[(0, 0.0, 0.0), (0, 25.0, 25.0)], 75.0),
    ];
    for (polls, until) in table {
        let scene = Scene::new();
        for &(wait, begins, ends) in polls {
            scene.at(begins);
            scene.statuses.poll_came(device(1), wait * 1000, scene.now_ms());
            scene.at(ends);
            scene.statuses.poll_went(device(1), scene.now_ms());
        }
        assert_eq!(scene.at(until - 0.1).0, "Online", "{polls:?}");
        let (shown, changed) = scene.at(until);
        assert!(changed && shown.starts_with("Offline"), "{polls:?}: {shown}");
    }
}

#[test]
fn invisible_is_as_if_all_devices_had_gone() {
    let scene = Scene::new();
    scene.statuses.stream_came(device(1), 0);
    scene.expect(1.0, "Online", true);
    scene.at(20.0);
    scene.statuses.set_invisible(ADA, true, scene.now_ms());
    // Whatever it does now shows nothing.
    scene.statuses.stream_came(device(2), scene.now_ms());
    scene.statuses.set_away(device(2), true, scene.now_ms());
    scene.statuses.enter(1, ADA);
    scene.expect(29.9, "Online", false);
    scene.expect(30.0, "Offline 20", true);
    scene.statuses.typed((ADA, device(2).device), TEA, Some(Vec::new()), scene.now_ms());
    assert!(scene.statuses.typists(TEA).is_empty());
    scene.statuses.stream_went(device(1), scene.now_ms());
    scene.statuses.set_away(device(2), false, scene.now_ms());
    scene.statuses.poll_came(device(3), 0, scene.now_ms());
    scene.expect(60.0, "Offline 20", false);
    assert!(!scene.statuses.is_counted(0, ADA));
    scene.statuses.set_invisible(ADA, false, scene.now_ms());
    scene.expect(61.0, "Online", true);
    assert!(scene.statuses.is_counted(0, ADA));
}

#[test]
fn nothing_is_shown_before_it_is_known_whether_anything_may() {
    let scene = Scene::new();
    let other = AccountId::from_bytes([2; 16]);
    scene.statuses.enter(0, other);
    scene.statuses.stream_came(Actor { account: other, device: device(1).device }, 0);
    assert!(!scene.statuses.is_counted(0, other));
    scene.statuses.learn(other, true, 0);
    assert!(!scene.statuses.is_counted(0, other));
    // What was said since the store was read counts more than what it said.
    scene.statuses.set_invisible(other, false, 0);
    scene.statuses.learn(other, true, 0);
    assert!(scene.statuses.is_counted(0, other));
}

#[test]
fn typing_ends_by_itself() {
    let scene = Scene::new();
    scene.statuses.stream_came(device(1), 0);
    scene.at(1.0);
    let typed = || scene.statuses.typed((ADA, device(1).device), TEA, Some(Vec::new()), scene.now_ms());
    typed();
    assert!(scene.statuses.has_typed(device(1).device, TEA, scene.now_ms()));
    scene.at(4.0);
    assert!(!scene.statuses.has_typed(device(1).device, TEA, scene.now_ms()));
    typed();
    scene.at(9.9);
    assert_eq!(scene.statuses.typists(TEA).len(), 1);
    scene.at(10.0);
    assert!(scene.statuses.typists(TEA).is_empty());
    typed();
    scene.statuses.stop_typing(ADA, ConversationId::from_bytes([8; 16]));
    assert_eq!(scene.statuses.typists(TEA).len(), 1);
    scene.statuses.stop_typing(ADA, TEA);
    assert!(scene.statuses.typists(TEA).is_empty());
}

#[test]
fn five_type_at_once() {
    let scene = Scene::new();
    for number in 1..=7 {
        let account = AccountId::from_bytes([number; 16]);
        scene.statuses.enter(0, account);
        scene.statuses.stream_came(Actor { account, device: device(number).device }, 0);
        scene.statuses.learn(account, false, 0);
        scene.statuses.typed((account, device(number).device), TEA, Some(vec![ADA]), 0);
    }
    let typists = scene.statuses.typists(TEA);
    assert_eq!(typists.len(), 5);
    assert_eq!(typists.iter().filter(|typist| typist.shows_to(ADA)).count(), 0, "all block her");
    let other = AccountId::from_bytes([2; 16]);
    assert_eq!(typists.iter().filter(|typist| typist.shows_to(other)).count(), 4, "and one is the other");
}

#[test]
fn a_last_seen_is_written_once_a_minute() {
    let scene = Scene::new();
    scene.statuses.stream_came(device(1), 0);
    assert_eq!(scene.statuses.take_seen(0).len(), 1, "it came");
    scene.at(5.0);
    scene.statuses.stream_went(device(1), scene.now_ms());
    scene.at(15.0);
    assert!(scene.statuses.take_seen(59_999).is_empty(), "it went, and is written in its time");
    let at = Timestamp::from_millis(5_000);
    assert_eq!(scene.statuses.take_seen(60_000), [chinwag_store::Presence::Seen { account: ADA, at }]);
    scene.at(100.0);
    scene.statuses.stream_came(device(1), scene.now_ms());
    assert_eq!(scene.statuses.take_seen(200_000).len(), 1);
    scene.at(699.0);
    assert!(scene.statuses.take_seen(699_000).is_empty());
    scene.at(701.0);
    assert_eq!(scene.statuses.take_seen(701_000).len(), 1, "it is there for long");
}
