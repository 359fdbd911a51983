//! Close codes and the body of a Close frame (RFC 6455 §5.5.1, §7.4).

use crate::violation::Violation;

/// A close code that may stand in a Close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the server goes down, or the page was left.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// 1003: a kind of data that is not taken here, such as binary where text is spoken.
    pub const UNSUPPORTED: Self = Self(1003);
    /// 1007: data that is not what its type says, such as text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: a policy was broken.
    pub const POLICY: Self = Self(1008);
    /// 1009: too big.
    pub const TOO_BIG: Self = Self(1009);
    /// 1011: the server failed.
    pub const ERROR: Self = Self(1011);
    /// 1012: the server restarts.
    pub const RESTART: Self = Self(1012);
    /// 1013: the server is overloaded; try again later.
    pub const TRY_LATER: Self = Self(1013);

    /// The code with this number, if it may be sent.
    ///
    /// 1005, 1006 and 1015 only ever describe what happened; 1004 and what is not assigned below 3000 mean nothing
    /// (RFC 6455 §7.4.2 and the IANA registry, which added 1012 to 1014); 5000 and more are not codes.
    pub const fn new(number: u16) -> Option<Self> {
        match number {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(number)),
            _ => None,
        }
    }

    /// Its number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// What a Close frame with a body says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: CloseCode,
    /// The reason: at most 123 bytes, often none.
    pub reason: String,
}

/// Bytes that a reason may have: a control frame's 125 less the code.
pub const REASON_MAX_BYTES: usize = 123;

impl Close {
    /// Reads the body of a Close frame; an empty one says nothing.
    pub fn parse(body: &[u8]) -> Result<Option<Self>, Violation> {
        let Some((number, reason)) = body.split_first_chunk() else {
            return if body.is_empty() { Ok(None) } else { Err(Violation::CloseBody) };
        };
        let number = u16::from_be_bytes(*number);
        let code = CloseCode::new(number).ok_or(Violation::CloseCode(number))?;
        let reason = str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?.to_owned();
        Ok(Some(Self { code, reason }))
    }

    /// The body of a Close frame. A reason that is too long is cut after its last character that fits.
    pub fn body(code: CloseCode, reason: &str) -> Vec<u8> {
        let reason = &reason.as_bytes()[..reason.floor_char_boundary(REASON_MAX_BYTES)];
        [&code.get().to_be_bytes(), reason].concat()
    }
}
