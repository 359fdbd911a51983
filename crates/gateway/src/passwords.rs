//! Passwords, hashed and compared where that holds up nobody else.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::password_hash::{CustomizedPasswordHasher, Error as HashError, Result as HashResult};
use argon2::{Algorithm, Argon2, Block, Params, PasswordVerifier, Version};
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

type Job = Box<dyn FnOnce(&Hasher) + Send>;

/// Hashes a few passwords at a time, outside of the threads that serve, and lets a few more wait.
///
/// The threads are its own, and each keeps the memory of its first hash, 19 MiB. Were it given back each time, glibc's
/// allocator would take blocks of this size for usual from then on, and keep several for each thread of the program
/// (measured: 270 MiB).
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
        let hashed = self.work(move |hasher| hasher.hash(&password)).await?;
        hashed.map_err(|error| {
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
        self.work(move |hasher| {
            let is_it = hasher.verify(&password, kept.as_ref().map_or(NOBODYS, PasswordHash::as_str));
            is_it && kept.is_some()
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            self.metrics.hit(Limit::PasswordHashesWaiting);
            let detail = "Many people sign in just now. Try again in a moment.";
            return Err(Problem::new(Code::Overloaded, detail).retry_after(RETRY_SECONDS));
        };
        let (answer, answered) = oneshot::channel();
        let metrics = self.metrics.clone();
        let job = Box::new(move |hasher: &Hasher| {
            metrics.password_hashes.inc();
            let worked = work(hasher);
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
    let hasher = Hasher::default();
    loop {
        let next = waiting.lock().recv();
        let Ok(job) = next else { return };
        if catch_unwind(AssertUnwindSafe(|| job(&hasher))).is_err() {
            tracing::error!("hashing a password panicked");
        }
    }
}

/// argon2id (RFC 9106) with the crate's parameters, in the same memory each time.
#[derive(Default)]
struct Hasher {
    memory: RefCell<Vec<Block>>,
}

impl Hasher {
    fn hash(&self, password: &Password) -> HashResult<PasswordHash> {
        let (salt, params) = (Salt::generate(), Params::default());
        let hash = self.hash_password_customized(password.as_bytes(), &salt, None, None, params)?;
        Ok(PasswordHash::new(hash.to_string()))
    }

    fn verify(&self, password: &Password, kept: &str) -> bool {
        let Ok(kept) = Phc::new(kept) else {
            tracing::error!("a stored password hash cannot be read");
            return false;
        };
        self.verify_password(password.as_bytes(), &kept).is_ok()
    }
}

/// As [`Argon2`] does it, but for where the memory comes from.
impl CustomizedPasswordHasher<Phc> for Hasher {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> HashResult<Phc> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let mut memory = self.memory.borrow_mut();
        if memory.len() < params.block_count() {
            memory.resize(params.block_count(), Block::new());
        }
        let argon2 = Argon2::new(algorithm, version, params.clone());
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..length).ok_or(HashError::OutputSize)?;
        argon2.hash_password_into_with_memory(password, salt, output, memory.as_mut_slice())?;
        Ok(Phc {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(Salt::new(salt)?),
            hash: Some(Output::new(output)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher;

    use super::*;

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    #[test]
    fn a_hash_knows_its_password() {
        let hasher = Hasher::default();
        let one = hasher.hash(&password("correct horse")).unwrap();
        assert!(hasher.verify(&password("correct horse"), one.as_str()));
        assert!(!hasher.verify(&password("correct  horse"), one.as_str()));
        let other = hasher.hash(&password("correct horse")).unwrap();
        assert_ne!(one.as_str(), other.as_str(), "each has a salt of its own");
        assert!(!hasher.verify(&password("correct horse"), NOBODYS));
        assert!(!hasher.verify(&password("correct horse"), "nonsense"));
        // What others make of it: the memory that was used before changes nothing.
        let kept = Phc::new(one.as_str()).unwrap();
        assert!(Argon2::default().verify_password(b"correct horse", &kept).is_ok());
        let kept = Argon2::default().hash_password(b"battery staple").unwrap().to_string();
        assert!(hasher.verify(&password("battery staple"), &kept));
    }

    #[test]
    fn nobodys_hash_costs_what_others_cost() {
        let parameters = |hash: &str| hash.rsplitn(3, '$').nth(2).unwrap().to_owned();
        let hash = Hasher::default().hash(&password("correct horse")).unwrap();
        let hash = hash.as_str();
        assert_eq!(parameters(hash), "$argon2id$v=19$m=19456,t=2,p=1");
        assert_eq!(parameters(NOBODYS), parameters(hash));
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
            move |_: &Hasher| {
                let _ = gate.lock().recv();
                7
            }
        };
        let mut waiting: Vec<_> =
            (0..3).map(|_| Box::pin(passwords.work(behind_the_gate(Arc::clone(&gate))))).collect();
        for one in &mut waiting {
            assert!(futures_poll(one.as_mut()).is_pending());
        }
        let refused = passwords.work(|_| 7).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after_seconds), (Code::Overloaded, Some(RETRY_SECONDS)));
        drop(open);
        for one in waiting {
            assert_eq!(one.await.unwrap(), 7);
        }
        assert_eq!(passwords.work(|_| 7).await.unwrap(), 7);
    }

    fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
        future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    }
}
