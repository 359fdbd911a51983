//! Anyone may become a guest.

use chinwag_protocol::{Body, Code, Event, Problem, Seq, Timestamp};

use crate::decide::{Append, Decision, Private, Reply};
use crate::request::CreateGuest;
use crate::state::{Need, State};

/// How long an `Idempotency-Key` is kept.
const KEY_LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;

pub(crate) fn needs(guest: &CreateGuest, mut need: impl FnMut(Need)) {
    if let Some(idempotency) = &guest.idempotency {
        need(Need::Guest(idempotency.key));
    }
}

pub(crate) fn decide(state: &State, guest: &CreateGuest, now: Timestamp) -> Result<Decision, Problem> {
    if let Some(idempotency) = &guest.idempotency
        && let Some(first) = state.guest(idempotency.key)
        && first.expires > now
    {
        return if first.hash == idempotency.hash {
            Ok(Decision::nothing(Reply::Guest {
                account: first.account,
                device: first.device,
                salt: Some(first.salt),
            }))
        } else {
            Err(Problem::new(
                Code::IdempotencyKeyReused,
                "This Idempotency-Key was used for another request. Use a new key for a new request.",
            ))
        };
    }
    let event = Event {
        pos: state.head.next(),
        seq: Seq::new(1),
        at: now,
        body: Body::GuestCreated { account: guest.account, device: guest.device },
    };
    let private = Private::Guest {
        name: guest.name.clone(),
        lookalike: guest.name.is_lookalike(),
        token: guest.token,
        idempotency: guest.idempotency,
        expires: Timestamp::from_millis(now.as_millis() + KEY_LIFETIME_MS),
    };
    Ok(Decision {
        appends: vec![Append { event, private }],
        reply: Reply::Guest {
            account: guest.account,
            device: guest.device,
            salt: guest.idempotency.map(|idempotency| idempotency.salt),
        },
    })
}
