//! Passwords, hashed and compared where that holds up nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use chinwag_protocol::{Code, Password, PasswordHash, Problem};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};

use crate::metrics::{GatewayMetrics, Limit};
use crate::options::GatewayOptions;
use crate::refusal::internal;

/// Compared with where there is no account, so that this takes as long as a wrong password. Nobody knows its password. It was
/// made with the parameters that are in use, which a test sees to.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$SnrKejefHVBHjowWdkDPZg$lGa43NN6tPsX0JMIEWgPJz/YkCJYYVJ/M9I1ntRJD8I";

/// How long who finds no room is told to wait.
const RETRY_SECONDS: u32 = 2;

type Job = Box<dyn FnOnce() + Send>;

/// Hashes a few passwords at a time, outside of the threads that serve, and lets a few more wait.
///
/// The threads are its own, and few: a hash takes 19 MiB, which the allocator keeps for each thread that ever had them.
#[derive(Debug)]
pub(crate) struct Passwords {
    /// Whoever hashes or waits to do so.
    room: Arc<Semaphore>,
    /// To the threads. There are never more in it than `room` lets in.
    jobs: mpsc::Sender<Job>,
    metrics: GatewayMetrics,
}

impl Passwords {
    pub(crate) fn new(options: &GatewayOptions, metrics: &GatewayMetrics) -> Self {
        let at_once = options.password_hashes_at_once.max(1);
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..at_once {
            let waiting = Arc::clone(&waiting);
            let started =
                thread::Builder::new().name("password".to_owned()).spawn(move || work_off(&waiting));
            if let Err(error) = started {
                tracing::error!(%error, "a thread that hashes passwords could not be started");
            }
        }
        Self {
            room: Arc::new(Semaphore::new(at_once + options.password_hashes_waiting_max)),
            jobs,
            metrics: metrics.clone(),
        }
    }

    /// What is to be kept of a password.
    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, Problem> {
        let hashed = self.work(move || hash(&password)).await?;
        // Its text is made here: among the blocks of a hashing thread it would keep 19 MiB from being used again.
        hashed.map(|hash| PasswordHash::new(hash.to_string())).map_err(|error| {
            tracing::error!(%error, "a password could not be hashed");
            internal()
        })
    }

    /// Whether this is the password. It takes the same time where there is none.
    pub(crate) async fn verify(
        &self,
        password: Password,
        kept: Option<PasswordHash>,
    ) -> Result<bool, Problem> {
        self.work(move || {
            let is_it = verify(&password, kept.as_ref().map_or(NOBODYS, PasswordHash::as_str));
            is_it && kept.is_some()
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            self.metrics.hit(Limit::PasswordHashesWaiting);
            let detail = "Many people sign in just now. Try again in a moment.";
            return Err(Problem::new(Code::Overloaded, detail).retry_after(RETRY_SECONDS));
        };
        let (answer, answered) = oneshot::channel();
        let metrics = self.metrics.clone();
        let job = Box::new(move || {
            metrics.password_hashes.inc();
            let worked = work();
            // Who has stopped waiting does not let another in before this has ended.
            drop(place);
            let _ = answer.send(worked);
        });
        self.jobs.send(job).map_err(|_| internal())?;
        answered.await.map_err(|_| internal())
    }
}

/// Does what comes until nobody is left who could send more.
fn work_off(waiting: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let next = waiting.lock().recv();
        let Ok(job) = next else { return };
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("hashing a password panicked");
        }
    }
}

fn hash(password: &Password) -> Result<Phc, argon2::password_hash::Error> {
    Argon2::default().hash_password(password.as_bytes())
}

fn verify(password: &Password, kept: &str) -> bool {
    let Ok(kept) = Phc::new(kept) else {
        tracing::error!("a stored password hash cannot be read");
        return false;
    };
    Argon2::default().verify_password(password.as_bytes(), &kept).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    #[test]
    fn a_hash_knows_its_password() {
        let one = hash(&password("correct horse")).unwrap().to_string();
        assert!(verify(&password("correct horse"), &one));
        assert!(!verify(&password("correct  horse"), &one));
        assert_ne!(one, hash(&password("correct horse")).unwrap().to_string(), "each has a salt of its own");
        assert!(!verify(&password("correct horse"), NOBODYS));
        assert!(!verify(&password("correct horse"), "nonsense"));
    }

    #[test]
    fn nobodys_hash_costs_what_others_cost() {
        let parameters = |hash: &str| hash.rsplitn(3, '$').nth(2).unwrap().to_owned();
        let hash = hash(&password("correct horse")).unwrap().to_string();
        assert_eq!(parameters(&hash), "$argon2id$v=19$m=19456,t=2,p=1");
        assert_eq!(parameters(NOBODYS), parameters(&hash));
        assert_eq!(NOBODYS.len(), hash.len());
    }

    #[tokio::test]
    async fn waiting_has_a_limit() {
        let options = GatewayOptions {
            password_hashes_at_once: 1,
            password_hashes_waiting_max: 2,
            ..GatewayOptions::default()
        };
        let passwords = Passwords::new(&options, &GatewayMetrics::default());
        let (open, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let behind_the_gate = |gate: Arc<Mutex<mpsc::Receiver<()>>>| {
            move || {
                let _ = gate.lock().recv();
                7
            }
        };
        let mut waiting: Vec<_> =
            (0..3).map(|_| Box::pin(passwords.work(behind_the_gate(Arc::clone(&gate))))).collect();
        for one in &mut waiting {
            assert!(futures_poll(one.as_mut()).is_pending());
        }
        let refused = passwords.work(|| 7).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after_seconds), (Code::Overloaded, Some(RETRY_SECONDS)));
        drop(open);
        for one in waiting {
            assert_eq!(one.await.unwrap(), 7);
        }
        assert_eq!(passwords.work(|| 7).await.unwrap(), 7);
    }

    fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
        future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    }
}
