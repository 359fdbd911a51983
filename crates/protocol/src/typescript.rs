//! The types of the wire for TypeScript, written into the web app's sources.

use ts_rs::{Config, TS};

use crate::problem::ProblemDocument;
use crate::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/app/src/wire.ts");

fn render() -> String {
    let config = Config::default();
    let mut out = String::from(
        "// Generated from crates/protocol; `UPDATE_GENERATED=1 cargo test -p chinwag-protocol` writes it anew.\n",
    );
    macro_rules! types {
        ($($t:ty),* $(,)?) => { $( out.push_str("\nexport "); out.push_str(&<$t as TS>::decl(&config)); out.push('\n'); )* };
    }
    types!(
        AccountId,
        DeviceId,
        ConversationId,
        ClientId,
        Seq,
        Timestamp,
        Cursor,
        Kind,
        Role,
        Limits,
        SessionKind,
        AccountCard,
        DeviceCard,
        SenderCard,
        ConversationCard,
        GuestBody,
        GuestAnswer,
        SessionAnswer,
        RoomAnswer,
        SendBody,
        SendAnswer,
        HistoryMessage,
        HistoryPage,
        SyncConversation,
        SyncPage,
        AckBody,
        Head,
        ConversationChange,
        MemberChange,
        DeviceChange,
        GapReason,
        EndReason,
        MessageRecord,
        Record,
        Poll,
        ServerAnswer,
        TicketAnswer,
        Code,
        ProblemDocument,
    );
    out
}

#[test]
fn wire_types_are_current() {
    let rendered = render();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(FILE, &rendered).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == rendered,
        "{FILE} is not current; run UPDATE_GENERATED=1 cargo test -p chinwag-protocol"
    );
}
