//! Opening the PostgreSQL store, and what is asked of any.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag_chat::decide;
use chinwag_protocol::{Event, Pos};
use chinwag_store::{Postgres, PostgresOptions, Store};

pub(crate) use crate::asking::*;

/// So long that only what never happens takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A store on a database, and what its tail has got.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) seen: Arc<Seen>,
}

impl Node {
    pub(crate) async fn start(url: &str) -> Self {
        Self::start_with(url, PostgresOptions::default()).await
    }

    pub(crate) async fn start_with(url: &str, options: PostgresOptions) -> Self {
        let url = url.to_owned();
        let starting = tokio::task::spawn_blocking(move || {
            let seen = Arc::new(Seen::default());
            let opened = Postgres::open(&url, options).unwrap();
            assert_eq!(opened.head().unwrap(), Pos::ZERO, "the tail is looked at from the beginning");
            let store = opened.start(decide, clock(), Arc::<Seen>::clone(&seen)).unwrap();
            Self { store, seen }
        });
        starting.await.unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Event> {
        self.seen.0.lock().clone()
    }

    /// Waits until the tail has everything up to `head`, and gives it. It has every position once, in order.
    pub(crate) async fn seen_up_to(&self, head: Pos) -> Vec<Event> {
        let started = Instant::now();
        while (self.seen().len() as u64) < head.get() {
            assert!(started.elapsed() < PATIENCE, "the tail ends at {}, not {head}", self.seen().len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let seen = self.seen();
        let places: Vec<u64> = seen.iter().map(|event| event.pos.get()).collect();
        assert_eq!(places, (1..=seen.len() as u64).collect::<Vec<_>>());
        seen
    }
}

/// Tries again and again until it succeeds.
pub(crate) async fn eventually<T, E: std::fmt::Debug>(mut attempt: impl AsyncFnMut() -> Result<T, E>) -> T {
    let started = Instant::now();
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(error) => assert!(started.elapsed() < PATIENCE, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
