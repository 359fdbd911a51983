//! The codes of refusals and of closed WebSockets, each with what to do about it.
//!
//! This is the one table of them: `docs/protocol.md` and the TypeScript types are written from here.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

macro_rules! retries {
    ($($variant:ident $text:literal $advice:literal;)*) => {
        /// Whether and when to try again: to repeat a refused request, or to open a closed stream anew.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, TS)]
        #[ts(rename_all = "snake_case")]
        pub enum Retry {
            $(#[doc = $advice] $variant,)*
        }

        impl Retry {
            /// Every case.
            pub const ALL: &[Retry] = &[$(Retry::$variant,)*];

            /// The name of the case for programs, as in the TypeScript types.
            pub const fn as_str(self) -> &'static str {
                match self { $(Retry::$variant => $text,)* }
            }

            /// What it means, as in `docs/protocol.md`.
            pub const fn advice(self) -> &'static str {
                match self { $(Retry::$variant => $advice,)* }
            }

            /// Whether the same request, with nothing changed, may succeed later.
            pub const fn may_pass(self) -> bool {
                match self {
                    Self::Never | Self::NewToken | Self::AfterMending => false,
                    Self::AfterPredecessor | Self::AtOnce | Self::Window | Self::Backoff | Self::RetryAfter => true,
                }
            }
        }
    };
}

retries! {
    Never "never" "Never: the answer stays the same.";
    NewToken "new_token" "Never with this token: get another.";
    AfterMending "after_mending" "Not before what was sent is mended. A stream may come back with backoff, better over another transport.";
    AfterPredecessor "after_predecessor" "After the message that `follows` names is stored.";
    AtOnce "at_once" "At a random moment within 0.5 s.";
    Window "window" "At a random moment within `reconnect_ms` of the `end` record before; without one, with backoff.";
    Backoff "backoff" "With backoff; a message under the same `client_id`.";
    RetryAfter "retry_after" "After `retry_after_seconds` (the header `Retry-After`), then with backoff; a message under the same `client_id`.";
}

macro_rules! codes {
    ($($variant:ident $text:literal $status:literal $retry:ident $title:literal;)*) => {
        /// The stable name of a refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, TS)]
        #[ts(rename_all = "snake_case")]
        pub enum Code {
            $(#[doc = $title] $variant,)*
            /// A code that this version does not know; only ever read, never sent.
            Unknown,
        }

        impl Code {
            /// Every code that this version sends.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The code as it travels.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* Code::Unknown => "unknown" }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* Code::Unknown => 500 }
            }

            /// Whether and when the same request may succeed.
            pub const fn retry(self) -> Retry {
                match self { $(Code::$variant => Retry::$retry,)* Code::Unknown => Retry::Never }
            }

            /// A short summary, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* Code::Unknown => "Unknown problem" }
            }
        }
    };
}

codes! {
    MalformedJson "malformed_json" 400 AfterMending "Malformed JSON";
    InvalidField "invalid_field" 400 AfterMending "Invalid field";
    InvalidQuery "invalid_query" 400 AfterMending "Invalid query";
    InvalidHeader "invalid_header" 400 AfterMending "Invalid header";
    InvalidName "invalid_name" 400 AfterMending "Invalid name";
    InvalidUsername "invalid_username" 400 AfterMending "Invalid user name";
    InvalidPassword "invalid_password" 400 AfterMending "Invalid password";
    InvalidSlug "invalid_slug" 400 AfterMending "Invalid room name";
    InvalidText "invalid_text" 400 AfterMending "Invalid text";
    InvalidTitle "invalid_title" 400 AfterMending "Invalid title";
    InvalidTopic "invalid_topic" 400 AfterMending "Invalid topic";
    InvalidEntities "invalid_entities" 400 AfterMending "Invalid entities";
    InvalidEmoji "invalid_emoji" 400 AfterMending "Invalid emoji";
    InvalidCursor "invalid_cursor" 400 AfterMending "Invalid cursor";
    AccountRequired "account_required" 400 AfterMending "Account required";
    Unauthenticated "unauthenticated" 401 NewToken "Not signed in";
    WrongCredentials "wrong_credentials" 401 AfterMending "Wrong credentials";
    OriginRefused "origin_refused" 403 Never "Origin refused";
    Forbidden "forbidden" 403 Never "Forbidden";
    Banned "banned" 403 Never "Banned";
    Locked "locked" 403 Never "Locked";
    Muted "muted" 403 Never "Muted";
    Blocked "blocked" 403 Never "Blocked";
    AccountRemoved "account_removed" 403 Never "Account removed";
    AccountBanned "account_banned" 403 Never "Account banned";
    AddressBanned "address_banned" 403 Never "Address banned";
    Closed "closed" 403 Never "Closed";
    SignUpClosed "sign_up_closed" 403 Never "Sign-up closed";
    GuestsClosed "guests_closed" 403 Never "Guests not admitted";
    RoomCreationClosed "room_creation_closed" 403 Never "No new rooms";
    NotFound "not_found" 404 Never "Not found";
    MethodNotAllowed "method_not_allowed" 405 AfterMending "Method not allowed";
    NotAcceptable "not_acceptable" 406 AfterMending "Not acceptable";
    RequestTimeout "request_timeout" 408 Backoff "Request timeout";
    ClientIdReused "client_id_reused" 409 AfterMending "Client id reused";
    IdempotencyKeyReused "idempotency_key_reused" 409 AfterMending "Idempotency key reused";
    TooManyAccounts "too_many_accounts" 409 AfterMending "Too many accounts";
    TooManyBlocks "too_many_blocks" 409 AfterMending "Too many blocks";
    PredecessorMissing "predecessor_missing" 409 AfterPredecessor "Predecessor missing";
    UsernameTaken "username_taken" 409 AfterMending "User name taken";
    AlreadyRegistered "already_registered" 409 Never "Already registered";
    LastOwner "last_owner" 409 AfterMending "Last owner";
    GroupFull "group_full" 409 AfterMending "Group full";
    TooManyGroups "too_many_groups" 409 AfterMending "Too many groups";
    TooManyConversations "too_many_conversations" 409 AfterMending "Too many conversations";
    TooManyInvites "too_many_invites" 409 AfterMending "Too many invitations";
    TooManyDrafts "too_many_drafts" 409 AfterMending "Too many drafts";
    TooManyRulings "too_many_rulings" 409 AfterMending "Too many of these";
    TooManyReactions "too_many_reactions" 409 AfterMending "Too many reactions";
    TooManyPins "too_many_pins" 409 AfterMending "Too many pinned messages";
    BodyTooLarge "body_too_large" 413 AfterMending "Body too large";
    UriTooLong "uri_too_long" 414 AfterMending "URI too long";
    UnsupportedMediaType "unsupported_media_type" 415 AfterMending "Unsupported media type";
    UpgradeRequired "upgrade_required" 426 AfterMending "Upgrade required";
    TooManyRequests "too_many_requests" 429 RetryAfter "Too many requests";
    SlowMode "slow_mode" 429 RetryAfter "Slow mode";
    RequestPending "request_pending" 429 Never "Request pending";
    HeadersTooLarge "headers_too_large" 431 AfterMending "Headers too large";
    Internal "internal" 500 Backoff "Internal error";
    NotImplemented "not_implemented" 501 Never "Not implemented";
    Unavailable "unavailable" 503 RetryAfter "Unavailable";
    Overloaded "overloaded" 503 RetryAfter "Overloaded";
    ShuttingDown "shutting_down" 503 RetryAfter "Shutting down";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Ok(Code::ALL.iter().copied().find(|code| code.as_str() == text).unwrap_or(Code::Unknown))
    }
}

macro_rules! close_codes {
    ($($variant:ident $number:literal $retry:ident $meaning:literal;)*) => {
        /// Why a WebSocket was closed (RFC 6455 §7.4), as this server uses the codes. 4000 and up are Chinwag's own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CloseCode {
            $(#[doc = $meaning] $variant,)*
        }

        impl CloseCode {
            /// Every code that the server closes with.
            pub const ALL: &[CloseCode] = &[$(CloseCode::$variant,)*];

            /// The code with this number, if the server uses it.
            pub const fn new(number: u16) -> Option<Self> {
                match number { $($number => Some(CloseCode::$variant),)* _ => None }
            }

            /// The number that travels.
            pub const fn number(self) -> u16 {
                match self { $(CloseCode::$variant => $number,)* }
            }

            /// Whether and when to open the stream anew.
            pub const fn retry(self) -> Retry {
                match self { $(CloseCode::$variant => Retry::$retry,)* }
            }

            /// What happened, as in `docs/protocol.md`.
            pub const fn meaning(self) -> &'static str {
                match self { $(CloseCode::$variant => $meaning,)* }
            }
        }
    };
}

close_codes! {
    Normal 1000 Backoff "The answer to a client that closes. Unasked: something in between has closed.";
    GoingAway 1001 Window "The server stops or restarts.";
    Protocol 1002 AfterMending "The client broke the WebSocket protocol.";
    Unsupported 1003 AfterMending "A binary message; only text is spoken here.";
    InvalidData 1007 AfterMending "Text that is not UTF-8, or data that cannot be inflated.";
    Policy 1008 Backoff "Too many frames or pings.";
    TooBig 1009 AfterMending "A message over the limit.";
    Internal 1011 Backoff "Something went wrong in the server.";
    Reopen 1012 Window "This stream must be opened anew, for instance because it fell too far behind.";
    TryLater 1013 Backoff "The server is overloaded.";
    Lifetime 4000 AtOnce "The stream's time is over; load spreads evenly that way.";
    SignedOut 4001 NewToken "The device was signed out.";
    Unanswered 4002 Backoff "The client did not answer pings.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart_and_found_again() {
        for code in Code::ALL {
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), *code);
        }
        assert_eq!(serde_json::from_str::<Code>("\"of_a_later_version\"").unwrap(), Code::Unknown);
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::new(code.number()), Some(*code));
        }
        assert_eq!(CloseCode::new(1005), None);
    }

    #[test]
    fn what_waiting_helps_against() {
        // A status that asks for patience and advice that does not, or the other way round, would be a slip in the table.
        for code in Code::ALL {
            let patience =
                matches!(code.status(), 408 | 429 | 500 | 503) || *code == Code::PredecessorMissing;
            // Waiting helps against this one, but for how long only another person knows.
            let patience = patience && *code != Code::RequestPending;
            assert_eq!(patience, code.retry().may_pass(), "{code}");
        }
    }
}
