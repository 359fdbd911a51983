//! The types of the wire for TypeScript, written into the web app's sources.

use std::fmt::Write;

use ts_rs::{Config, TS};

use crate::generated::check;
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
        InviteId,
        Seq,
        Timestamp,
        Cursor,
        Kind,
        Role,
        Limits,
        SessionKind,
        Username,
        Color,
        AccountCard,
        AccountChange,
        Removal,
        SignUpBody,
        SignInBody,
        RecoveryBody,
        RegistrationBody,
        PasswordChangeBody,
        RecoveryCodesBody,
        DeletionBody,
        AccountUpdateBody,
        RecoveryCodesAnswer,
        DeviceEntry,
        DevicesAnswer,
        DeviceCard,
        SenderCard,
        SettingsCard,
        ConversationCard,
        GuestBody,
        GuestAnswer,
        SessionAnswer,
        SessionEntry,
        SessionsAnswer,
        RoomAnswer,
        Entity,
        SendBody,
        EditBody,
        SendAnswer,
        ReactionCount,
        HistoryMessage,
        HistoryChange,
        HistoryPage,
        MessageList,
        ReactionEntry,
        ReactionsPage,
        GroupBody,
        SettingsBody,
        AddBody,
        AddAnswer,
        RoleBody,
        OwnerBody,
        MuteBody,
        MemberCard,
        MembersPage,
        BansPage,
        InviteBody,
        InviteAnswer,
        InviteCard,
        InvitesAnswer,
        InvitedAnswer,
        Marker,
        MarkerCard,
        MarkBody,
        Receipt,
        ReceiptCard,
        ReceiptsAnswer,
        ReadersPage,
        Preferences,
        PreferencesBody,
        PreferencesCard,
        NoticeLevel,
        OwnSettings,
        OwnSettingsBody,
        OwnSettingsCard,
        DraftBody,
        DraftCard,
        SyncConversation,
        SyncPage,
        ListedRoom,
        RoomsPage,
        DirectBody,
        BlocksPage,
        AckBody,
        StreamId,
        ShownStatus,
        OwnStatus,
        ViewBody,
        StreamViewBody,
        PresenceBody,
        TypingBody,
        PresentPage,
        Head,
        ConversationChange,
        MemberChange,
        MembersChange,
        InviteChange,
        BlockChange,
        DeviceChange,
        GapReason,
        AccountEndReason,
        EndReason,
        MessageRecord,
        Record,
        Poll,
        ServerAnswer,
        ServerAccountBody,
        ServerDeviceBody,
        DeviceTokenAnswer,
        TicketAnswer,
        Code,
        ProblemDocument,
        Retry,
        Pong,
        FrameCommand,
        AnswerFrame<Pong>,
    );
    // Would repeat every command if it were derived.
    out.push_str("\nexport type CommandFrame = { id: string; as?: AccountId } & FrameCommand;\n");
    tables(&mut out).unwrap();
    out
}

fn tables(out: &mut String) -> std::fmt::Result {
    writeln!(out, "\nexport const PROBLEM_RETRY: {{ readonly [code: string]: Retry | undefined }} = {{")?;
    for code in Code::ALL {
        writeln!(out, "  {code}: '{}',", code.retry().as_str())?;
    }
    writeln!(out, "}};\n\nexport const CLOSE_RETRY: {{ readonly [code: number]: Retry | undefined }} = {{")?;
    for code in CloseCode::ALL {
        writeln!(out, "  /** {} */\n  {}: '{}',", code.meaning(), code.number(), code.retry().as_str())?;
    }
    writeln!(out, "}};")
}

#[test]
fn wire_types_are_current() {
    check(FILE, &render());
}
