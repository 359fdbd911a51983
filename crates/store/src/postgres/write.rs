//! The last flight of a batch: all that it writes, and its commit, sent at once.

use chinwag_chat::{REMOVAL_MENTIONS, Subject, Terms};
use chinwag_protocol::{AccountCard, ConversationId, Name, Pos, Seq, Timestamp, Username};
use tokio_postgres::types::ToSql;

use super::append::Writes;
use super::failure::Result;
use super::new_rows::Mentions;
use super::session::{Answer, Session, flight};
use super::statements;
use crate::codes::{integer, optional_time, removal_code, role_code, subject_bytes, subject_kind_code};
use crate::marks::reactions_column;
use crate::store::SEEN_EVERY_MS;

/// Batches of which it is known that they were stored reach back so many positions.
const BATCHES_KEPT: u64 = 100_000;

/// Where the log ends before and after a batch, and the batch's id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) from: Pos,
    pub(super) to: Pos,
    pub(super) id: [u8; 16],
}

/// A parameter, most often a column of many rows.
type Column<'c> = Box<dyn ToSql + Sync + Send + 'c>;

/// A statement with its parameters.
type Write<'c> = (&'static str, Vec<Column<'c>>);

/// Sends `writes` and the commit. If this succeeds they are durable. If it fails on the connection, they may be; else they
/// are not.
pub(super) async fn write(session: &Session, writes: &Writes<'_>, step: Step) -> Result<()> {
    let mut all = statements_of(writes);
    if step.from < step.to {
        all.extend(of_head(step, writes.changed));
    }
    let parameters: Vec<Vec<&(dyn ToSql + Sync)>> =
        all.iter().map(|(_, columns)| columns.iter().map(|column| &**column as _).collect()).collect();
    let mut answers: Vec<Answer<'_, u64>> = Vec::with_capacity(all.len() + 1);
    for ((sql, _), parameters) in all.iter().zip(&parameters) {
        answers.push(Box::pin(session.execute(sql, parameters)));
    }
    // After a statement that failed, the server undoes all instead.
    answers.push(Box::pin(async { session.set("COMMIT").await.map(|()| 0) }));
    flight(answers).await.map(drop)
}

fn column<'c, R, T: ToSql + Sync + Send + 'c>(rows: &'c [R], of: impl Fn(&'c R) -> T) -> Column<'c> {
    Box::new(rows.iter().map(of).collect::<Vec<T>>())
}

/// In an order in which what a batch makes and removes again is gone in the end.
fn statements_of<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    let rows = writes.events.as_slice();
    if !rows.is_empty() {
        all.push((
            statements::APPEND_EVENTS,
            vec![
                column(rows, |row| row.pos),
                column(rows, |row| row.topic),
                column(rows, |row| row.seq),
                column(rows, |row| row.kind),
                column(rows, |row| row.at),
                column(rows, |row| row.sender),
                column(rows, |row| row.n),
                column(rows, |row| row.client_id),
                column(rows, |row| row.hash),
                column(rows, |row| row.target),
                column(rows, |row| row.deleted_by),
                column(rows, |row| row.text),
                column(rows, |row| row.detail.as_deref()),
                column(rows, |row| row.checksum()),
            ],
        ));
    }
    if !writes.changed_messages.is_empty() {
        let rows: Vec<_> = writes.changed_messages.values().collect();
        let columns = vec![
            column_of(&rows, |row| row.pos),
            column_of(&rows, |row| row.text),
            column_of(&rows, |row| row.detail.as_deref()),
            column_of(&rows, |row| row.deleted_by),
            column_of(&rows, |row| row.checksum()),
        ];
        all.push((statements::CHANGE_MESSAGES, columns));
    }
    let rows = writes.accounts.as_slice();
    if !rows.is_empty() {
        let columns =
            vec![column(rows, |row| row.id), column(rows, |row| row.name), column(rows, |row| row.lookalike)];
        all.push((statements::ADD_ACCOUNTS, columns));
    }
    let rows = writes.devices.as_slice();
    if !rows.is_empty() {
        let columns = vec![
            column(rows, |row| row.id),
            column(rows, |row| row.account),
            column(rows, |row| row.token),
            column(rows, |row| row.name),
            column(rows, |row| row.at),
        ];
        all.push((statements::ADD_DEVICES, columns));
    }
    let rows = writes.removed_devices.as_slice();
    if !rows.is_empty() {
        all.push((statements::REMOVE_DEVICES, vec![column(rows, |id| *id)]));
    }
    let rows = writes.conversations.as_slice();
    if !rows.is_empty() {
        let columns = vec![
            column(rows, |row| row.id),
            column(rows, |row| row.kind),
            column(rows, |row| row.slug),
            column(rows, |row| row.key.as_deref()),
            column(rows, |row| row.owner),
            column(rows, |row| row.settings.title.as_ref().map(|title| title.as_str())),
            column(rows, |row| row.settings.topic.as_str()),
            column(rows, |row| row.settings.listed),
            column(rows, |row| row.settings.locked),
            column(rows, |row| row.settings.history_visible),
            column(rows, |row| i32::from(row.settings.slow_mode.seconds())),
            column(rows, |row| integer(row.settings.version)),
        ];
        all.push((statements::ADD_CONVERSATIONS, columns));
    }
    all.extend(of_marks(writes));
    all.extend(of_accounts(writes));
    all.extend(of_members(writes));
    all.extend(of_blocks(writes));
    all.extend(of_keys(writes));
    all.extend(of_rulings(writes));
    if !writes.places.is_empty() {
        let (devices, places): (Vec<&[u8]>, Vec<i64>) =
            writes.places.iter().map(|(id, place)| (id.as_bytes().as_slice(), integer(place.get()))).unzip();
        let now = writes.now_ms;
        let columns: Vec<Column<'c>> =
            vec![Box::new(devices), Box::new(places), Box::new(now), Box::new(now - SEEN_EVERY_MS)];
        all.push((statements::MOVE_PLACES, columns));
    }
    if !writes.presences.is_empty() {
        let rows: Vec<_> = writes.presences.iter().collect();
        let columns = vec![
            column_of(&rows, |(id, _)| id.as_bytes().as_slice()),
            column_of(&rows, |(_, noted)| noted.invisible),
            column_of(&rows, |(_, noted)| noted.seen_ms),
        ];
        all.push((statements::RECORD_PRESENCES, columns));
    }
    all.extend(of_removals(writes));
    all.extend(of_keyed(writes));
    all
}

/// What is replaced is noted while it is still there.
fn of_keyed<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    let rows: Vec<_> = writes.keyed.values().collect();
    if let Some(now) = rows.iter().map(|row| row.at).max() {
        let topics = || column_of(&rows, |row| row.topic.as_slice());
        let keys = || column_of(&rows, |row| row.key.as_slice());
        all.push((statements::NOTE_REPLACED, vec![topics(), keys(), Box::new(now)]));
        if !writes.passed.is_empty() {
            all.push((statements::NOTE_PASSED, vec![Box::new(writes.passed.clone()), Box::new(now)]));
        }
        let columns = vec![
            topics(),
            keys(),
            column_of(&rows, |row| row.pos),
            column_of(&rows, |row| row.version),
            column_of(&rows, |row| row.at),
            column_of(&rows, |row| row.value.as_str()),
            column_of(&rows, |row| row.checksum()),
        ];
        all.push((statements::PUT_KEYED, columns));
    }
    let rows = writes.dropped.as_slice();
    if !rows.is_empty() {
        let places = column(rows, |row| row.1);
        all.push((statements::NOTE_PASSED, vec![places, Box::new(writes.now_ms)]));
        all.push((statements::DROP_KEYED, vec![column(rows, |row| row.0), column(rows, |row| row.1)]));
        all.push((statements::COUNT_DROPPED, vec![Box::new(writes.dropped_versions)]));
    }
    let rows = writes.forgotten_events.as_slice();
    if let Some(upto) = rows.iter().map(|(_, pos)| *pos).max() {
        all.push((statements::FORGET_EVENTS, vec![column(rows, |row| row.1)]));
        all.push((statements::FORGET_REPLACED, vec![column(rows, |row| row.0), column(rows, |row| row.1)]));
        all.push((statements::MOVE_COMPACTION, vec![Box::new(upto), Box::new(rows.len() as i64)]));
    }
    all
}

/// What others have added to messages, and who is named in them. All that changes goes first, so that what there is in the end
/// finds its place.
fn of_marks<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    let places = |rows: &[(ConversationId, Seq)]| -> Vec<Column<'c>> {
        vec![
            Box::new(rows.iter().map(|(id, _)| id.as_bytes().to_vec()).collect::<Vec<_>>()),
            Box::new(rows.iter().map(|(_, seq)| integer(seq.get())).collect::<Vec<_>>()),
        ]
    };
    if !writes.unmarked.is_empty() {
        all.push((statements::DROP_MARKS, places(&writes.unmarked)));
        all.push((statements::DROP_REACTIONS, places(&writes.unmarked)));
    }
    let rows: Vec<_> = writes.marks.iter().collect();
    if !rows.is_empty() {
        let pinned = |of: fn((Seq, Pos, Timestamp)) -> i64| -> Column<'c> {
            Box::new(rows.iter().map(|(_, (marks, _))| marks.pinned.map(of)).collect::<Vec<Option<i64>>>())
        };
        let columns = vec![
            column_of(&rows, |((id, _), _)| id.as_bytes().as_slice()),
            column_of(&rows, |((_, seq), _)| integer(seq.get())),
            // Nothing of it can fail: these are texts and numbers.
            column_of(&rows, |(_, (marks, _))| reactions_column(marks).unwrap_or_default()),
            pinned(|(seq, ..)| integer(seq.get())),
            pinned(|(_, pos, _)| integer(pos.get())),
            pinned(|(.., at)| at.as_millis()),
            column_of(&rows, |(_, (_, by))| integer(by.get())),
        ];
        all.push((statements::PUT_MARKS, columns));
    }
    let rows: Vec<_> = writes.reactions.keys().collect();
    if !rows.is_empty() {
        let columns = vec![
            column_of(&rows, |(account, ..)| account.as_bytes().as_slice()),
            column_of(&rows, |(_, id, ..)| id.as_bytes().as_slice()),
            column_of(&rows, |(_, _, seq, _)| integer(seq.get())),
            column_of(&rows, |(.., emoji)| emoji.as_str()),
        ];
        all.push((statements::REMOVE_REACTIONS, columns));
    }
    let rows: Vec<_> = writes.reactions.iter().filter_map(|(key, row)| Some((key, (*row)?))).collect();
    if !rows.is_empty() {
        let columns = vec![
            column_of(&rows, |((account, ..), _)| account.as_bytes().as_slice()),
            column_of(&rows, |((_, id, ..), _)| id.as_bytes().as_slice()),
            column_of(&rows, |((_, _, seq, _), _)| integer(seq.get())),
            column_of(&rows, |((.., emoji), _)| emoji.as_str()),
            column_of(&rows, |(_, row)| row.seq),
            column_of(&rows, |(_, row)| row.pos),
            column_of(&rows, |(_, row)| row.at),
            column_of(&rows, |(_, row)| row.hidden),
        ];
        all.push((statements::ADD_REACTIONS, columns));
    }
    all.extend(of_mentions(writes));
    all
}

fn of_mentions<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    if !writes.mentions.is_empty() {
        let rows: Vec<_> = writes.mentions.keys().collect();
        for sql in [statements::DROP_MENTIONS, statements::DROP_MENTIONS_OF_ALL] {
            let columns = vec![
                column_of(&rows, |(id, _)| id.as_bytes().as_slice()),
                column_of(&rows, |(_, seq)| integer(seq.get())),
            ];
            all.push((sql, columns));
        }
    }
    let named = |((id, seq), mentions): (&'c (ConversationId, Seq), &'c Mentions)| {
        mentions.accounts.iter().map(move |account| (account, id, *seq))
    };
    let rows: Vec<_> = writes.mentions.iter().flat_map(named).collect();
    if !rows.is_empty() {
        let columns = vec![
            column_of(&rows, |(account, ..)| account.as_bytes().as_slice()),
            column_of(&rows, |(_, id, _)| id.as_bytes().as_slice()),
            column_of(&rows, |(.., seq)| integer(seq.get())),
        ];
        all.push((statements::ADD_MENTIONS, columns));
    }
    let rows: Vec<_> = writes.mentions.iter().filter(|(_, row)| row.all).map(|(key, _)| key).collect();
    if !rows.is_empty() {
        let columns = vec![
            column_of(&rows, |(id, _)| id.as_bytes().as_slice()),
            column_of(&rows, |(_, seq)| integer(seq.get())),
        ];
        all.push((statements::ADD_MENTIONS_OF_ALL, columns));
    }
    for account in &writes.forgotten {
        let limit = REMOVAL_MENTIONS as i64;
        all.push((statements::FORGET_MENTIONS, vec![Box::new(*account), Box::new(limit)]));
    }
    all
}

/// Accounts that are removed, after all that the batch does with them before, and the steps of those that were.
fn of_removals<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    let cards = writes.removed_accounts.as_slice();
    if !cards.is_empty() {
        let ids = || column(cards, |card| card.id.as_bytes().as_slice());
        let columns = vec![
            ids(),
            column(cards, |card| card.name.as_str()),
            column(cards, |card| card.lookalike),
            column(cards, |card| integer(card.version)),
            column(cards, |card| card.about.as_str()),
            column(cards, |card| i16::from(card.color.number())),
            column(cards, |card| card.removed.map(|removal| removal_code(removal) as i16)),
        ];
        all.push((statements::REMOVE_ACCOUNTS, columns));
        all.push((statements::FORGET_PASSWORDS, vec![ids()]));
        all.push((statements::VOID_RECOVERY_CODES, vec![ids()]));
        all.push((statements::FORGET_BLOCKS, vec![ids()]));
        all.push((statements::FORGET_PRESENCES, vec![ids()]));
        all.push((statements::BEGIN_REMOVALS, vec![ids()]));
    }
    let rows = writes.erased.as_slice();
    if !rows.is_empty() {
        let columns = vec![column(rows, |row| row.0), column(rows, |row| row.1), column(rows, |row| row.2)];
        all.push((statements::ADD_ERASED, columns));
    }
    for (account, after) in &writes.removals {
        match after {
            Some(after) => all.push((statements::MOVE_REMOVAL, vec![Box::new(*account), Box::new(*after)])),
            None => all.push((statements::END_REMOVAL, vec![Box::new(*account)])),
        }
    }
    all
}

/// Accounts that have changed, their passwords and recovery codes. Codes that are used go before others are made.
fn of_accounts<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    let cards: Vec<&AccountCard> = writes.changed_accounts.values().copied().collect();
    if !cards.is_empty() {
        let columns: Vec<Column<'c>> = vec![
            Box::new(cards.iter().map(|card| card.id.as_bytes().as_slice()).collect::<Vec<_>>()),
            Box::new(cards.iter().map(|card| card.name.as_str()).collect::<Vec<_>>()),
            Box::new(cards.iter().map(|card| card.lookalike).collect::<Vec<_>>()),
            Box::new(cards.iter().map(|card| integer(card.version)).collect::<Vec<_>>()),
            Box::new(
                cards.iter().map(|card| card.username.as_ref().map(Username::as_str)).collect::<Vec<_>>(),
            ),
            Box::new(cards.iter().map(|card| card.about.as_str()).collect::<Vec<_>>()),
            Box::new(cards.iter().map(|card| i16::from(card.color.number())).collect::<Vec<_>>()),
        ];
        all.push((statements::CHANGE_ACCOUNTS, columns));
    }
    if !writes.passwords.is_empty() {
        let accounts: Vec<&[u8]> = writes.passwords.keys().map(|id| id.as_bytes().as_slice()).collect();
        let (hashes, versions): (Vec<&str>, Vec<i64>) = writes.passwords.values().copied().unzip();
        let columns: Vec<Column<'c>> = vec![Box::new(accounts), Box::new(hashes), Box::new(versions)];
        all.push((statements::SET_PASSWORDS, columns));
    }
    if !writes.used_codes.is_empty() {
        let used = writes.used_codes.as_slice();
        all.push((
            statements::USE_RECOVERY_CODES,
            vec![column(used, |row| row.0), column(used, |row| row.1)],
        ));
    }
    if !writes.made_codes.is_empty() {
        let accounts: Vec<&[u8]> = writes.made_codes.keys().map(|id| id.as_bytes().as_slice()).collect();
        all.push((statements::VOID_RECOVERY_CODES, vec![Box::new(accounts)]));
        let (accounts, codes): (Vec<&[u8]>, Vec<&[u8]>) = writes
            .made_codes
            .iter()
            .flat_map(|(id, codes)| codes.iter().map(|code| (id.as_bytes().as_slice(), code.0.as_slice())))
            .unzip();
        all.push((statements::ADD_RECOVERY_CODES, vec![Box::new(accounts), Box::new(codes)]));
    }
    all
}

/// Who leaves goes first, so that who comes back is there in the end.
fn of_members<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    if !writes.left.is_empty() {
        let columns = vec![column(&writes.left, |row| row.0), column(&writes.left, |row| row.1)];
        all.push((statements::REMOVE_MEMBERS, columns));
    }
    let joined: Vec<_> = writes
        .members
        .iter()
        .filter_map(|(key, value)| value.map(|(membership, from_seq)| (key, membership, from_seq)))
        .collect();
    if !joined.is_empty() {
        let values = |of: fn(&chinwag_protocol::Membership) -> i64| -> Column<'c> {
            Box::new(joined.iter().map(|(_, membership, _)| of(membership)).collect::<Vec<_>>())
        };
        let (accounts, conversations): (Vec<&[u8]>, Vec<&[u8]>) = joined
            .iter()
            .map(|((account, id), ..)| (account.as_bytes().as_slice(), id.as_bytes().as_slice()))
            .unzip();
        let roles: Vec<i16> =
            joined.iter().map(|(_, membership, _)| role_code(membership.role) as i16).collect();
        let columns: Vec<Column<'c>> = vec![
            Box::new(accounts),
            Box::new(conversations),
            Box::new(roles),
            values(|membership| integer(membership.since.get())),
            values(|membership| integer(membership.visible_from.get())),
            Box::new(joined.iter().map(|(_, membership, _)| membership.request).collect::<Vec<bool>>()),
            Box::new(joined.iter().map(|(.., from_seq)| integer(from_seq.get())).collect::<Vec<i64>>()),
        ];
        all.push((statements::ADD_MEMBERS, columns));
    }
    all.extend(of_conversations(writes));
    if !writes.accepted.is_empty() {
        let columns = vec![column(&writes.accepted, |row| row.0), column(&writes.accepted, |row| row.1)];
        all.push((statements::ACCEPT_MEMBERS, columns));
    }
    let counts = writes.more_members.iter().filter(|(_, by)| **by != 0);
    let (conversations, more): (Vec<&[u8]>, Vec<i64>) =
        counts.map(|(id, by)| (id.as_bytes().as_slice(), *by)).unzip();
    if !more.is_empty() {
        all.push((statements::COUNT_MEMBERS, vec![Box::new(conversations), Box::new(more)]));
    }
    let counts = writes.more_conversations.iter().filter(|(_, by)| **by != 0);
    let (accounts, more): (Vec<&[u8]>, Vec<i64>) =
        counts.map(|(id, by)| (id.as_bytes().as_slice(), *by)).unzip();
    if !more.is_empty() {
        all.push((statements::COUNT_CONVERSATIONS, vec![Box::new(accounts), Box::new(more)]));
    }
    all
}

/// What changes of members, of conversations and of what holds in them.
fn of_conversations<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    if !writes.roles.is_empty() {
        let rows: Vec<_> = writes.roles.iter().collect();
        let columns = vec![
            column_of(&rows, |((account, _), _)| account.as_bytes().as_slice()),
            column_of(&rows, |((_, id), _)| id.as_bytes().as_slice()),
            column_of(&rows, |(_, role)| role_code(*role) as i16),
        ];
        all.push((statements::CHANGE_ROLES, columns));
    }
    if !writes.owners.is_empty() {
        let rows: Vec<_> = writes.owners.iter().collect();
        let columns = vec![
            column_of(&rows, |(id, _)| id.as_bytes().as_slice()),
            column_of(&rows, |(_, owner)| owner.as_bytes().as_slice()),
        ];
        all.push((statements::CHANGE_OWNERS, columns));
    }
    if !writes.settings.is_empty() {
        let rows: Vec<_> = writes.settings.iter().collect();
        let columns = vec![
            column_of(&rows, |(id, _)| id.as_bytes().as_slice()),
            column_of(&rows, |(_, settings)| settings.title.as_ref().map(|title| title.as_str())),
            column_of(&rows, |(_, settings)| settings.topic.as_str()),
            column_of(&rows, |(_, settings)| settings.listed),
            column_of(&rows, |(_, settings)| settings.locked),
            column_of(&rows, |(_, settings)| settings.history_visible),
            column_of(&rows, |(_, settings)| i32::from(settings.slow_mode.seconds())),
            column_of(&rows, |(_, settings)| integer(settings.version)),
        ];
        all.push((statements::CHANGE_SETTINGS, columns));
    }
    all.extend(of_invites(writes));
    if !writes.restrictions.is_empty() {
        let rows: Vec<_> = writes.restrictions.iter().collect();
        let columns = vec![
            column_of(&rows, |((id, _), _)| id.as_bytes().as_slice()),
            column_of(&rows, |((_, account), _)| account.as_bytes().as_slice()),
            column_of(&rows, |(_, restriction)| restriction.banned),
            column_of(&rows, |(_, restriction)| restriction.read_only),
            column_of(&rows, |(_, restriction)| optional_time(restriction.muted_until)),
            column_of(&rows, |(_, restriction)| optional_time(restriction.wrote_at)),
        ];
        all.push((statements::RESTRICT, columns));
    }
    all
}

/// In an order in which what a batch makes and uses up is gone in the end.
fn of_invites<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    let rows = writes.invites.as_slice();
    if let Some(now) = rows.iter().map(|row| row.made).max() {
        let conversations = column(rows, |row| row.conversation);
        all.push((statements::FORGET_INVITES, vec![conversations, Box::new(now)]));
        let columns = vec![
            column(rows, |row| row.id.as_bytes().as_slice()),
            column(rows, |row| row.token),
            column(rows, |row| row.conversation),
            column(rows, |row| row.maker),
            column(rows, |row| row.expires),
            column(rows, |row| row.uses),
            column(rows, |row| row.made),
        ];
        all.push((statements::ADD_INVITES, columns));
    }
    if !writes.uses.is_empty() {
        let rows: Vec<_> = writes.uses.iter().collect();
        let columns =
            vec![column_of(&rows, |(id, _)| id.as_bytes().as_slice()), column_of(&rows, |(_, uses)| *uses)];
        all.push((statements::USE_INVITES, columns));
    }
    if !writes.removed_invites.is_empty() {
        let ids = column(&writes.removed_invites, |id| id.as_bytes().as_slice());
        all.push((statements::REMOVE_INVITES, vec![ids]));
    }
    all
}

/// A column of rows that are gathered on the way.
fn column_of<'c, R: Copy, T: ToSql + Sync + Send + 'c>(rows: &[R], of: impl Fn(R) -> T) -> Column<'c> {
    Box::new(rows.iter().map(|row| of(*row)).collect::<Vec<T>>())
}
/// All go first, so that one that a batch makes anew is there in the end.
fn of_blocks<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    if writes.blocks.is_empty() {
        return Vec::new();
    }
    let ids = |wanted: fn(bool) -> bool| -> Vec<Column<'c>> {
        let rows = writes.blocks.iter().filter(|(_, blocks)| wanted(**blocks));
        let (accounts, blocked): (Vec<&[u8]>, Vec<&[u8]>) =
            rows.map(|((a, b), _)| (a.as_bytes().as_slice(), b.as_bytes().as_slice())).unzip();
        vec![Box::new(accounts), Box::new(blocked)]
    };
    vec![(statements::REMOVE_BLOCKS, ids(|_| true)), (statements::ADD_BLOCKS, ids(|blocks| blocks))]
}

fn of_rulings<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let mut all: Vec<Write<'c>> = Vec::new();
    let kind = |subject: &Subject| subject_kind_code(subject.kind()) as i16;
    let lifted = writes.rulings.iter().filter(|(_, terms)| terms.is_none());
    let (kinds, subjects): (Vec<i16>, Vec<Vec<u8>>) =
        lifted.map(|(subject, _)| (kind(subject), subject_bytes(subject))).unzip();
    if !kinds.is_empty() {
        all.push((statements::LIFT_RULINGS, vec![Box::new(kinds), Box::new(subjects)]));
    }
    let rows: Vec<(&Subject, &Terms)> =
        writes.rulings.iter().filter_map(|(subject, terms)| Some((subject, (*terms)?))).collect();
    if !rows.is_empty() {
        let columns = vec![
            column_of(&rows, |(subject, _)| kind(subject)),
            column_of(&rows, |(subject, _)| subject_bytes(subject)),
            column_of(&rows, |(_, terms)| terms.since.as_millis()),
            column_of(&rows, |(_, terms)| terms.until.map(Timestamp::as_millis)),
            column_of(&rows, |(_, terms)| terms.name.as_ref().map(Name::as_str)),
            column_of(&rows, |(_, terms)| terms.key.as_ref().map(|key| key.as_bytes().as_slice())),
            column_of(&rows, |(_, terms)| terms.seen.map(Timestamp::as_millis)),
            column_of(&rows, |(_, terms)| {
                terms.account.as_ref().map(|account| account.as_bytes().as_slice())
            }),
        ];
        all.push((statements::PUT_RULINGS, columns));
    }
    all
}

fn of_keys<'c>(writes: &'c Writes<'_>) -> Vec<Write<'c>> {
    let rows = writes.keys.as_slice();
    let Some(now) = rows.iter().map(|row| row.at).max() else { return Vec::new() };
    let columns = vec![
        column(rows, |row| row.key),
        column(rows, |row| row.hash),
        column(rows, |row| row.account),
        column(rows, |row| row.device),
        column(rows, |row| row.salt),
        column(rows, |row| row.expires),
    ];
    vec![(statements::KEEP_KEYS, columns), (statements::FORGET_KEYS, vec![Box::new(now)])]
}

fn of_head<'c>(step: Step, changed: Pos) -> [Write<'c>; 3] {
    let (from, to) = (integer(step.from.get()), integer(step.to.get()));
    let forgotten = integer(step.from.get().saturating_sub(BATCHES_KEPT));
    [
        (statements::MOVE_HEAD, vec![Box::new(from), Box::new(to), Box::new(integer(changed.get()))]),
        (statements::ADD_BATCH, vec![Box::new(to), Box::new(step.id.to_vec())]),
        (statements::FORGET_BATCHES, vec![Box::new(forgotten)]),
    ]
}
