//! Keys: whoever runs the server makes them, and notes when they were used.

use chinwag_protocol::{ApiKeyId, Code, Name, Problem, Timestamp};

use super::rule::check_few;
use super::server::Server;
use crate::appends::Appends;
use crate::decide::{Decision, Reply};
use crate::ruling::{ApiKeyHash, Subject, SubjectKind, Terms};
use crate::state::{Need, State};

/// That a key was used is noted again after so long.
const SEEN_EVERY_MS: i64 = 60 * 60 * 1000;

pub(super) fn needs(hash: ApiKeyHash, mut need: impl FnMut(Need)) {
    need(Need::Ruling(Subject::Key(hash)));
    need(Need::Rulings(SubjectKind::Key));
}

pub(super) fn make(
    server: &Server<'_>,
    hash: ApiKeyHash,
    id: ApiKeyId,
    name: &Name,
    now: Timestamp,
) -> Result<Decision, Problem> {
    let subject = Subject::Key(hash);
    check_few(server.state, subject)?;
    let mut appends = Appends::new(server.state, now);
    let terms = Terms { name: Some(name.clone()), key: Some(id), ..Terms::since(now) };
    server.rule(&mut appends, subject, Some(terms))?;
    Ok(appends.decision(Reply::Done))
}

/// The key, if it is one. The gateway has looked at it, but it may have been revoked since.
pub(super) fn check(state: &State, hash: ApiKeyHash, now: Timestamp) -> Result<Terms, Problem> {
    let terms = state.ruling(Subject::Key(hash)).filter(|terms| terms.hold(now));
    terms.cloned().ok_or_else(|| {
        let detail = "This key is not known here, or was revoked. Those who run the server make keys.";
        Problem::new(Code::Unauthenticated, detail)
    })
}

/// Whether it is worth noting that the key is used.
pub(super) fn is_news(terms: &Terms, now: Timestamp) -> bool {
    terms.seen.is_none_or(|seen| seen.as_millis() + SEEN_EVERY_MS <= now.as_millis())
}

pub(super) fn note(
    server: &Server<'_>,
    appends: &mut Appends<'_>,
    hash: ApiKeyHash,
    terms: Terms,
) -> Result<(), Problem> {
    let seen = Some(appends.now());
    server.rule(appends, Subject::Key(hash), Some(Terms { seen, ..terms }))
}
