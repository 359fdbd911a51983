//! The PostgreSQL store keeps to what every store must do.

use std::sync::Arc;

use async_trait::async_trait;
use chinwag_chat::Decide;
use chinwag_store::conformance::Harness;
use chinwag_store::{Clock, Postgres, PostgresOptions, Store, Tail};
use chinwag_test_postgres::{Database, shared};
use parking_lot::Mutex;

struct OneWriter(Mutex<Database>);

impl OneWriter {
    fn new() -> Self {
        Self(Mutex::new(shared().database()))
    }
}

#[async_trait]
impl Harness for OneWriter {
    async fn open(&self, decide: Decide, clock: Clock, tail: Arc<dyn Tail>) -> Arc<dyn Store> {
        let opened = Postgres::open(&self.0.lock().url, PostgresOptions::default()).unwrap();
        opened.start(decide, clock, tail).unwrap()
    }

    async fn renew(&self) {
        *self.0.lock() = shared().database();
    }
}

chinwag_store::conformance_tests!(OneWriter::new());
