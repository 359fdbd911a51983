//! Anyone may become a guest, and an account at once.

use chinwag_protocol::{AccountCard, AccountChange, Body, Code, Event, Problem, Seq, Timestamp};

use super::register::{check_free, first};
use crate::decide::{Append, Decision, Private, Reply};
use crate::request::CreateGuest;
use crate::ruling::{Entrance, Subject, check_open};
use crate::state::{Need, State};

/// How long an `Idempotency-Key` is kept.
const KEY_LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;

pub(crate) fn needs(guest: &CreateGuest, mut need: impl FnMut(Need)) {
    need(Need::Ruling(Subject::Entrance(entrance(guest))));
    needs_to_make(guest, need);
}

fn entrance(guest: &CreateGuest) -> Entrance {
    if guest.registration.is_some() { Entrance::SignUp } else { Entrance::Guests }
}

/// Without asking whether it is open.
pub(crate) fn needs_to_make(guest: &CreateGuest, mut need: impl FnMut(Need)) {
    if let Some(idempotency) = &guest.idempotency {
        need(Need::Guest(idempotency.key));
    }
    if let Some(registration) = &guest.registration {
        need(Need::Username(registration.username.clone()));
    }
}

pub(crate) fn decide(state: &State, guest: &CreateGuest, now: Timestamp) -> Result<Decision, Problem> {
    let decision = make(state, guest, now)?;
    // A retry gets the first answer, whatever was closed since.
    if !decision.appends.is_empty() {
        check_open(state, entrance(guest), now)?;
    }
    Ok(decision)
}

/// Makes the account, whether it is open or not.
pub(crate) fn make(state: &State, guest: &CreateGuest, now: Timestamp) -> Result<Decision, Problem> {
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
    if let Some(registration) = &guest.registration {
        check_free(state, &registration.username)?;
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
        device_name: guest.device_name.clone(),
    };
    let mut appends = vec![Append { event, private }];
    if let Some(registration) = &guest.registration {
        let card = AccountCard::guest(guest.account, &guest.name).registered(&registration.username);
        let event = Event {
            pos: state.head.next().next(),
            seq: Seq::new(2),
            at: now,
            body: Body::Account { card, change: AccountChange::Registered },
        };
        appends.push(Append { event, private: first(&registration.password) });
    }
    let reply = Reply::Guest {
        account: guest.account,
        device: guest.device,
        salt: guest.idempotency.map(|idempotency| idempotency.salt),
    };
    Ok(Decision::of(appends, reply))
}
