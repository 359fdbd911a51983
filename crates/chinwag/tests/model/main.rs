//! Whole servers against a model that shares nothing with them but the words of the protocol (`crates/model`).
//!
//! Each seed draws commands, good ones and bad ones, for several accounts with several devices each, has the server carry them
//! out one after the other, and compares every answer. Meanwhile each device reads, changes its transport at any moment, sleeps
//! for a while and now and then begins anew with a snapshot. Whenever it is quiet (before a restart, after it, at the end) every record that
//! came must be one that was due, every device must see what the model sees, and so must a fresh snapshot.
//!
//! `CHINWAG_MODEL_SEEDS` says how many seeds (50 for each store), `CHINWAG_SEED` which is the first (1): a seed that fails is
//! tried again alone by `CHINWAG_SEED=N CHINWAG_MODEL_SEEDS=1`.

mod acting;
mod answer;
mod ask;
mod counts;
mod device;
mod draw;
mod history;
mod host;
mod names;
mod people;
mod replica;
mod seeds;
mod situations;
mod snapshot;
mod trial;

use seeds::Store;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_does_what_the_model_does() {
    seeds::try_all(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_does_what_the_model_does() {
    seeds::try_all(Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seed_plays_the_same_again() {
    seeds::play_again(Store::Sqlite).await;
}
