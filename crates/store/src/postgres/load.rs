//! The rows that a batch's requests read, brought into the writer's memory in one flight, before any request is decided.

use chinwag_chat::{
    Account, ConversationState, FirstGuest, Invite, KeyHash, Marks, MessagePlace, MessageState, Need,
    OwnDevice, OwnReaction, REMOVAL_CONVERSATIONS, REMOVAL_KEYED, REMOVAL_MESSAGES, ReadSoFar, Reading,
    RemovalState, Request, RequestHash, Restriction, Salt, Sent, SentRow, State, Subject, SubjectKind, needs,
};
use chinwag_protocol::{
    AccountCard, AccountId, ClientId, ConversationId, DeviceId, InviteHash, InviteId, Key, Membership,
    RecoveryCodeHash, Seq, Timestamp, Topic, Username,
};
use foldhash::{HashMap, HashSet};
use tokio_postgres::Row;

use super::columns::{self, bytes, get, last_seq, number, pos, role, seq, time};
use super::event_row::{COLUMNS, EventRow};
use super::events;
use super::failure::{Failure, Result};
use super::keyed;
use super::marks;
use super::members::uses;
use super::rulings::ruling;
use super::session::{Answer, Session, flight};
use super::statements;
use crate::codes::{integer, optional_time_of, subject_bytes, subject_kind_code};
use crate::detail::kind;
use crate::keyed::{NO_DRAFT, drafts};
use crate::stored_event::{StoredEvent, made, message_detail};

/// What a batch writes anew or takes away of what is stored.
#[derive(Default)]
pub(super) struct Loaded {
    /// The messages that were loaded, as they are stored: a deletion writes a part of them anew.
    pub(super) messages: HashMap<(ConversationId, Seq), Row>,
    /// Places and versions of keyed events of accounts that are being removed.
    pub(super) keyed: HashMap<AccountId, Vec<(i64, i64)>>,
}

/// Ids as a statement takes them.
type Ids<'i> = Vec<&'i [u8]>;

/// What is not in memory yet, by kind.
#[derive(Default)]
struct Missing {
    accounts: HashSet<AccountId>,
    devices: HashSet<DeviceId>,
    conversations: HashSet<ConversationId>,
    rooms: HashSet<(String, AccountId)>,
    memberships: HashSet<(AccountId, ConversationId)>,
    restrictions: HashSet<(ConversationId, AccountId)>,
    owners: HashSet<AccountId>,
    inviting: HashSet<ConversationId>,
    invited: HashSet<(InviteHash, AccountId)>,
    sent: HashSet<(AccountId, ClientId)>,
    messages: HashSet<(ConversationId, Seq)>,
    marks: HashSet<(ConversationId, Seq)>,
    own_reactions: HashSet<(ConversationId, Seq, AccountId)>,
    pins: HashSet<ConversationId>,
    guests: HashSet<KeyHash>,
    usernames: HashSet<Username>,
    credentials: HashSet<AccountId>,
    own_devices: HashSet<AccountId>,
    recovery_codes: HashSet<(AccountId, RecoveryCodeHash)>,
    blocks: HashSet<(AccountId, AccountId)>,
    numbers_of_blocks: HashSet<AccountId>,
    owners_of_shared: HashSet<AccountId>,
    removals: HashSet<AccountId>,
    rulings: HashSet<Subject>,
    numbers_of_rulings: HashSet<SubjectKind>,
    keyed: HashSet<keyed::Place>,
    from_seqs: HashSet<(AccountId, ConversationId)>,
    read_so_far: HashSet<(AccountId, ConversationId)>,
    readings: HashSet<(AccountId, ConversationId, Seq)>,
    drafts: HashSet<(AccountId, ConversationId)>,
}

/// Loads what `requests` read and `state` does not hold. `state` must say what the database says, and the head must be
/// locked.
pub(super) async fn load<'r>(
    session: &Session,
    state: &mut State,
    requests: impl Iterator<Item = &'r Request>,
) -> Result<Loaded> {
    let mut named = Vec::new();
    for request in requests {
        needs(request, |need| {
            if !state.holds(&need) {
                named.push(need);
            }
        });
    }
    let mut missing = Missing::default();
    named.iter().for_each(|need| missing.add(need.clone()));
    let mut loaded = missing.load(session, state).await?;
    let mut missing = Missing::default();
    for need in &named {
        state.with_it(need, |need| {
            if !state.holds(&need) {
                missing.add(need);
            }
        });
    }
    if !missing.is_empty() {
        let more = missing.load(session, state).await?;
        loaded.messages.extend(more.messages);
        loaded.keyed.extend(more.keyed);
    }
    Ok(loaded)
}

impl Missing {
    fn add(&mut self, need: Need) {
        match need {
            Need::Account(id) => drop(self.accounts.insert(id)),
            Need::Device(id) => drop(self.devices.insert(id)),
            Need::Conversation(id) => drop(self.conversations.insert(id)),
            Need::Room { key, account } => drop(self.rooms.insert((key, account))),
            Need::Membership(account, id) => drop(self.memberships.insert((account, id))),
            Need::Restriction(id, account) => drop(self.restrictions.insert((id, account))),
            Need::OwnedGroups(account) => drop(self.owners.insert(account)),
            Need::Invites(id) => drop(self.inviting.insert(id)),
            Need::Invited { token, account } => drop(self.invited.insert((token, account))),
            Need::Sent(account, id) => drop(self.sent.insert((account, id))),
            Need::Message(id, seq) => drop(self.messages.insert((id, seq))),
            Need::Marks(id, seq) => drop(self.marks.insert((id, seq))),
            Need::Reactions { conversation, seq, account } => {
                self.own_reactions.insert((conversation, seq, account));
            }
            Need::Pins(id) => drop(self.pins.insert(id)),
            Need::Guest(key) => drop(self.guests.insert(key)),
            Need::Username(username) => drop(self.usernames.insert(username)),
            Need::Credential(id) => drop(self.credentials.insert(id)),
            Need::Devices(id) => drop(self.own_devices.insert(id)),
            Need::RecoveryCode(id, code) => drop(self.recovery_codes.insert((id, code))),
            Need::Block { account, blocked } => drop(self.blocks.insert((account, blocked))),
            Need::Blocks(account) => drop(self.numbers_of_blocks.insert(account)),
            Need::OwnsShared(account) => drop(self.owners_of_shared.insert(account)),
            Need::Removal(account) => drop(self.removals.insert(account)),
            Need::Ruling(subject) => drop(self.rulings.insert(subject)),
            Need::Rulings(kind) => drop(self.numbers_of_rulings.insert(kind)),
            // Only what comes with it, which is named after it.
            Need::Talk { .. } | Need::Marking { .. } | Need::Receiving { .. } => {}
            Need::Keyed(topic, key) => drop(self.keyed.insert((topic, key))),
            Need::Marker(account, id) => {
                self.keyed.insert((Topic::Account(account), Key::Marker(id)));
                self.from_seqs.insert((account, id));
            }
            Need::ReadSoFar(account, id) => drop(self.read_so_far.insert((account, id))),
            Need::Drafts(account, id) => drop(self.drafts.insert((account, id))),
            Need::Reading(account, id, seq) => drop(self.readings.insert((account, id, seq))),
        }
    }

    /// Whether nothing is missing that a conversation or a removal brings with it.
    fn is_empty(&self) -> bool {
        self.accounts.is_empty()
            && self.memberships.is_empty()
            && self.blocks.is_empty()
            && self.conversations.is_empty()
            && self.marks.is_empty()
            && self.rulings.is_empty()
            && self.keyed.is_empty()
            && self.read_so_far.is_empty()
            && self.readings.is_empty()
            && self.messages.is_empty()
    }

    async fn load(self, session: &Session, state: &mut State) -> Result<Loaded> {
        let accounts: Ids<'_> = self.accounts.iter().map(|id| id.as_bytes().as_slice()).collect();
        let devices: Ids<'_> = self.devices.iter().map(|id| id.as_bytes().as_slice()).collect();
        let conversations: Ids<'_> = self.conversations.iter().map(|id| id.as_bytes().as_slice()).collect();
        let (room_keys, room_accounts): (Vec<&str>, Ids<'_>) =
            self.rooms.iter().map(|(key, id)| (key.as_str(), id.as_bytes().as_slice())).unzip();
        let (members, joined): (Ids<'_>, Ids<'_>) =
            self.memberships.iter().map(|(a, c)| (a.as_bytes().as_slice(), c.as_bytes().as_slice())).unzip();
        let (restricting, restricted): (Ids<'_>, Ids<'_>) =
            self.restrictions.iter().map(|(c, a)| (c.as_bytes().as_slice(), a.as_bytes().as_slice())).unzip();
        let owners: Ids<'_> = self.owners.iter().map(|id| id.as_bytes().as_slice()).collect();
        let (client_ids, senders): (Ids<'_>, Ids<'_>) =
            self.sent.iter().map(|(a, id)| (id.as_bytes().as_slice(), a.as_bytes().as_slice())).unzip();
        let (topics, seqs): (Ids<'_>, Vec<i64>) =
            self.messages.iter().map(|(id, seq)| (id.as_bytes().as_slice(), integer(seq.get()))).unzip();
        let (marked, marked_seqs): (Ids<'_>, Vec<i64>) =
            self.marks.iter().map(|(id, seq)| (id.as_bytes().as_slice(), integer(seq.get()))).unzip();
        let (mut reacted, mut reacted_seqs, mut reacting): (Ids<'_>, Vec<i64>, Ids<'_>) = Default::default();
        for (id, seq, account) in &self.own_reactions {
            reacted.push(id.as_bytes());
            reacted_seqs.push(integer(seq.get()));
            reacting.push(account.as_bytes());
        }
        let pinned: Ids<'_> = self.pins.iter().map(|id| id.as_bytes().as_slice()).collect();
        let keys: Ids<'_> = self.guests.iter().map(|key| key.0.as_slice()).collect();
        let usernames: Vec<&str> = self.usernames.iter().map(Username::as_str).collect();
        let credentials: Ids<'_> = self.credentials.iter().map(|id| id.as_bytes().as_slice()).collect();
        let own_devices: Ids<'_> = self.own_devices.iter().map(|id| id.as_bytes().as_slice()).collect();
        let (recovering, codes): (Ids<'_>, Ids<'_>) =
            self.recovery_codes.iter().map(|(a, code)| (a.as_bytes().as_slice(), code.0.as_slice())).unzip();
        let (blockers, blocked): (Ids<'_>, Ids<'_>) =
            self.blocks.iter().map(|(a, b)| (a.as_bytes().as_slice(), b.as_bytes().as_slice())).unzip();
        let owning: Ids<'_> = self.owners_of_shared.iter().map(|id| id.as_bytes().as_slice()).collect();
        let removals: Vec<AccountId> = self.removals.iter().copied().collect();
        let counted: Ids<'_> = self.numbers_of_blocks.iter().map(|id| id.as_bytes().as_slice()).collect();

        let code = |kind| subject_kind_code(kind) as i16;
        let (kinds, subjects): (Vec<i16>, Vec<Vec<u8>>) =
            self.rulings.iter().map(|subject| (code(subject.kind()), subject_bytes(subject))).unzip();
        let (keyed_topics, keyed_keys) = keyed::columns(self.keyed.iter());
        let pairs = |pairs: &HashSet<(AccountId, ConversationId)>| -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
            pairs.iter().map(|(a, c)| (a.as_bytes().to_vec(), c.as_bytes().to_vec())).unzip()
        };
        let (owed, owing_rows) = pairs(&self.from_seqs);
        let (readers, read) = pairs(&self.read_so_far);
        let (drafting, drafted) = pairs(&self.drafts);
        let (draft_first, draft_last): (Vec<_>, Vec<_>) =
            self.drafts.iter().map(|(_, id)| drafts(*id)).unzip();
        let (mut reading, mut reading_in, mut reading_rows) = (Ids::new(), Ids::new(), Vec::new());
        for (account, id, seq) in &self.readings {
            reading.push(account.as_bytes().as_slice());
            reading_in.push(id.as_bytes().as_slice());
            reading_rows.push(integer(seq.get()));
        }

        let counted_kinds: Vec<i16> = self.numbers_of_rulings.iter().map(|kind| code(*kind)).collect();

        let (of_accounts, of_devices) = ([&accounts as _], [&devices as _]);
        let (of_conversations, of_guests) = ([&conversations as _], [&keys as _]);
        let of_rooms = [&room_keys as _, &room_accounts as _];
        let of_memberships = [&members as _, &joined as _];
        let of_restrictions = [&restricting as _, &restricted as _];
        let inviting: Ids<'_> = self.inviting.iter().map(|id| id.as_bytes().as_slice()).collect();
        let (tokens, comers): (Ids<'_>, Ids<'_>) =
            self.invited.iter().map(|(token, id)| (token.0.as_slice(), id.as_bytes().as_slice())).unzip();
        let of_inviting = [&inviting as _];
        let of_tokens = [&tokens as _];
        let of_invited = [&tokens as _, &comers as _];
        let of_owners = [&owners as _];
        let of_sent = [&client_ids as _, &senders as _];
        let of_messages = [&topics as _, &seqs as _];
        let of_marks = [&marked as _, &marked_seqs as _];
        let of_own_reactions = [&reacted as _, &reacted_seqs as _, &reacting as _];
        let of_pins = [&pinned as _];
        let (of_usernames, of_credentials) = ([&usernames as _], [&credentials as _]);
        let (of_own_devices, of_codes) = ([&own_devices as _], [&recovering as _, &codes as _]);
        let (of_blocks, of_counts) = ([&blockers as _, &blocked as _], [&counted as _]);
        let of_owning = [&owning as _];
        let (of_rulings, of_kinds) = ([&kinds as _, &subjects as _], [&counted_kinds as _]);
        let of_keyed = [&keyed_topics as _, &keyed_keys as _];
        let of_owed = [&owed as _, &owing_rows as _];
        let of_readers = [&readers as _, &read as _];
        let of_readings = [&reading as _, &reading_in as _, &reading_rows as _];
        let of_drafts = [&drafting as _, &drafted as _, &draft_first as _, &draft_last as _, &NO_DRAFT as _];
        // What nobody asks for is not sent.
        let asked = |wanted: bool, sql, parameters| -> Answer<'_, Vec<Row>> {
            Box::pin(
                async move { if wanted { session.query(sql, parameters).await } else { Ok(Vec::new()) } },
            )
        };
        let answers = flight(vec![
            asked(!accounts.is_empty(), statements::ACCOUNTS, &of_accounts),
            asked(!devices.is_empty(), statements::DEVICES, &of_devices),
            asked(!conversations.is_empty(), statements::CONVERSATION_STATES, &of_conversations),
            asked(!room_keys.is_empty(), statements::ROOMS, &of_rooms),
            asked(!members.is_empty(), statements::MEMBERSHIPS, &of_memberships),
            asked(!client_ids.is_empty(), statements::SENT, &of_sent),
            asked(!topics.is_empty(), statements::MESSAGES, &of_messages),
            asked(!keys.is_empty(), statements::FIRST_GUESTS, &of_guests),
            asked(!usernames.is_empty(), statements::USERNAMES, &of_usernames),
            asked(!credentials.is_empty(), statements::CREDENTIAL_VERSIONS, &of_credentials),
            asked(!own_devices.is_empty(), statements::DEVICES_OF, &of_own_devices),
            asked(!codes.is_empty(), statements::RECOVERY_CODES, &of_codes),
            asked(!restricting.is_empty(), statements::RESTRICTIONS, &of_restrictions),
            asked(!owners.is_empty(), statements::OWNED_GROUPS, &of_owners),
            asked(!inviting.is_empty(), statements::INVITES, &of_inviting),
            asked(!tokens.is_empty(), statements::INVITES_BESIDE, &of_tokens),
            asked(!tokens.is_empty(), statements::INVITED, &of_invited),
            asked(!blockers.is_empty(), statements::ARE_BLOCKED, &of_blocks),
            asked(!counted.is_empty(), statements::COUNT_BLOCKS, &of_counts),
            asked(!owning.is_empty(), statements::OWNERS_OF_SHARED, &of_owning),
            asked(!kinds.is_empty(), statements::RULINGS_OF, &of_rulings),
            asked(!counted_kinds.is_empty(), statements::COUNT_RULINGS, &of_kinds),
            asked(!marked.is_empty(), statements::MARKS, &of_marks),
            asked(!reacted.is_empty(), statements::OWN_REACTIONS, &of_own_reactions),
            asked(!pinned.is_empty(), statements::COUNT_PINS, &of_pins),
            asked(!keyed_keys.is_empty(), statements::KEYED, &of_keyed),
            asked(!owed.is_empty(), statements::FROM_SEQS, &of_owed),
            asked(!readers.is_empty(), statements::READ_SO_FAR, &of_readers),
            asked(!reading.is_empty(), statements::READINGS, &of_readings),
            asked(!drafting.is_empty(), statements::COUNT_DRAFTS, &of_drafts),
        ])
        .await?;
        let Ok(
            [
                accounts,
                devices,
                conversations,
                rooms,
                memberships,
                sent,
                messages,
                guests,
                usernames,
                credentials,
                own_devices,
                codes,
                restrictions,
                owners,
                inviting,
                beside,
                invited,
                blocks,
                counts,
                owning,
                rulings,
                ruling_counts,
                marks,
                own_reactions,
                pins,
                keyed_rows,
                from_seqs,
                so_far,
                readings,
                draft_counts,
            ],
        ) = <[Vec<Row>; 30]>::try_from(answers)
        else {
            return Err(Failure::Unusable("answers are missing".to_owned()));
        };
        let kinds_counted = self.numbers_of_rulings.clone();
        self.put_absent(state);
        for row in &accounts {
            put_account(state, row)?;
        }
        for row in &devices {
            let account = bytes(row, 1, AccountId::from_bytes)?;
            state.put_device(bytes(row, 0, DeviceId::from_bytes)?, Some(account));
        }
        for row in &conversations {
            put_conversation(state, row)?;
        }
        for row in &rooms {
            put_room(state, row)?;
        }
        for row in &memberships {
            let (account, id) =
                (bytes(row, 0, AccountId::from_bytes)?, bytes(row, 1, ConversationId::from_bytes)?);
            state.put_membership(account, id, Some(membership(row, 2)?));
        }
        for row in &restrictions {
            let (id, account) =
                (bytes(row, 0, ConversationId::from_bytes)?, bytes(row, 1, AccountId::from_bytes)?);
            state.put_restriction(id, account, restriction(row, 2)?);
        }
        for row in &owners {
            state.put_owned_groups(bytes(row, 0, AccountId::from_bytes)?, number(row, 1)?);
        }
        let mut invites: HashMap<ConversationId, Vec<Invite>> = HashMap::default();
        for row in inviting.iter().chain(&beside) {
            let known = invites.entry(bytes(row, 0, ConversationId::from_bytes)?).or_default();
            let invite = invite(row)?;
            if !known.contains(&invite) {
                known.push(invite);
            }
        }
        invites.into_iter().for_each(|(id, rows)| state.put_invites(id, rows));
        for row in &invited {
            let id = put_place(state, row)?;
            state.put_token(bytes(row, REST, InviteHash)?, Some(id));
        }
        for row in &sent {
            put_sent(state, row)?;
        }
        for row in &guests {
            put_guest(state, row)?;
        }
        for row in &usernames {
            let username = Username::try_from(get::<String>(row, 0)?)
                .map_err(|error| Failure::damaged("account", error.to_string()))?;
            state.put_username(username, Some(bytes(row, 1, AccountId::from_bytes)?));
        }
        for row in &credentials {
            state.put_credential(bytes(row, 0, AccountId::from_bytes)?, Some(number(row, 1)?));
        }
        put_own_devices(state, &own_devices)?;
        for row in &codes {
            let code = bytes(row, 1, RecoveryCodeHash)?;
            state.put_recovery_code(bytes(row, 0, AccountId::from_bytes)?, code, true);
        }
        for row in &blocks {
            let (account, blocked) =
                (bytes(row, 0, AccountId::from_bytes)?, bytes(row, 1, AccountId::from_bytes)?);
            state.put_block(account, blocked, true);
        }
        for row in &counts {
            state.put_blocks(bytes(row, 0, AccountId::from_bytes)?, number(row, 1)?);
        }
        for row in &owning {
            state.put_owner_of_shared(bytes(row, 0, AccountId::from_bytes)?, get(row, 1)?);
        }
        for row in &rulings {
            let (subject, terms) = ruling(row)?;
            state.put_ruling(subject, Some(terms));
        }
        for row in &ruling_counts {
            let code: i16 = get(row, 0)?;
            if let Some(kind) = kinds_counted.iter().find(|kind| subject_kind_code(**kind) == i64::from(code))
            {
                state.put_rulings(*kind, number(row, 1)?);
            }
        }
        for row in &marks {
            marks::put(state, row)?;
        }
        let mut own: HashMap<(ConversationId, Seq, AccountId), Vec<OwnReaction>> = HashMap::default();
        for row in &own_reactions {
            let (place, reaction) = marks::own(row)?;
            own.entry(place).or_default().push(reaction);
        }
        for ((id, seq, account), rows) in own {
            state.put_own_reactions(id, seq, account, rows);
        }
        for row in &pins {
            state.put_pins(bytes(row, 0, ConversationId::from_bytes)?, number(row, 1)?);
        }
        for ((topic, key), event) in keyed::read(&keyed_rows)? {
            state.put_keyed(topic, key, keyed::said(&event));
        }
        for row in &from_seqs {
            let (account, id) =
                (bytes(row, 0, AccountId::from_bytes)?, bytes(row, 1, ConversationId::from_bytes)?);
            state.put_from_seq(account, id, seq(row, 2)?);
        }
        for row in &so_far {
            let keyed::SoFar { account, conversation, so_far, .. } = keyed::read_so_far(row)?;
            state.put_read_so_far(account, conversation, so_far);
        }
        for row in &draft_counts {
            let (account, id) =
                (bytes(row, 0, AccountId::from_bytes)?, bytes(row, 1, ConversationId::from_bytes)?);
            state.put_drafts(account, id, number(row, 2)?);
        }
        for row in &readings {
            let (account, id) =
                (bytes(row, 0, AccountId::from_bytes)?, bytes(row, 1, ConversationId::from_bytes)?);
            let reading = Reading { n: number(row, 3)?, mentions: number(row, 4)? };
            state.put_reading(account, id, seq(row, 2)?, Some(reading));
        }
        let mut loaded = Loaded::default();
        for id in removals {
            // Seldom, and large: kept out of what every batch allocates.
            state.put_removal(id, Box::pin(removal(session, id, &mut loaded)).await?);
        }
        for row in messages {
            if let Some(key) = put_message(state, &row)? {
                loaded.messages.insert(key, row);
            }
        }
        Ok(loaded)
    }

    /// What is not found is known to be absent.
    fn put_absent(self, state: &mut State) {
        self.accounts.into_iter().for_each(|id| state.put_account(id, None));
        self.devices.into_iter().for_each(|id| state.put_device(id, None));
        self.conversations.into_iter().for_each(|id| state.put_conversation(id, None));
        self.rooms.into_iter().for_each(|(key, _)| state.put_room(key, None));
        self.memberships.into_iter().for_each(|(account, id)| state.put_membership(account, id, None));
        self.inviting.into_iter().for_each(|id| state.put_invites(id, Vec::new()));
        self.invited.into_iter().for_each(|(token, _)| state.put_token(token, None));
        self.restrictions
            .into_iter()
            .for_each(|(id, account)| state.put_restriction(id, account, Restriction::default()));
        self.sent.into_iter().for_each(|(account, id)| state.put_sent(account, id, None));
        self.messages.into_iter().for_each(|(id, seq)| state.put_message(id, seq, None));
        self.marks.into_iter().for_each(|(id, seq)| state.put_marks(id, seq, Marks::default()));
        self.own_reactions
            .into_iter()
            .for_each(|(id, seq, account)| state.put_own_reactions(id, seq, account, Vec::new()));
        self.guests.into_iter().for_each(|key| state.put_guest(key, None));
        self.usernames.into_iter().for_each(|username| state.put_username(username, None));
        self.credentials.into_iter().for_each(|id| state.put_credential(id, None));
        self.own_devices.into_iter().for_each(|id| state.put_own_devices(id, Vec::new()));
        self.recovery_codes.into_iter().for_each(|(id, code)| state.put_recovery_code(id, code, false));
        self.blocks.into_iter().for_each(|(account, blocked)| state.put_block(account, blocked, false));
        self.rulings.into_iter().for_each(|subject| state.put_ruling(subject, None));
        self.numbers_of_rulings.into_iter().for_each(|kind| state.put_rulings(kind, 0));
        self.keyed.into_iter().for_each(|(topic, key)| state.put_keyed(topic, key, None));
        self.from_seqs.into_iter().for_each(|(account, id)| state.put_from_seq(account, id, Seq::new(1)));
        self.read_so_far
            .into_iter()
            .for_each(|(account, id)| state.put_read_so_far(account, id, ReadSoFar::default()));
        self.readings.into_iter().for_each(|(account, id, seq)| state.put_reading(account, id, seq, None));
    }
}

/// Devices of several accounts, in no order.
fn put_own_devices(state: &mut State, rows: &[Row]) -> Result<()> {
    let mut devices: HashMap<AccountId, Vec<OwnDevice>> = HashMap::default();
    for row in rows {
        let own = OwnDevice { id: bytes(row, 1, DeviceId::from_bytes)?, seen_at: time(row, 2)? };
        devices.entry(bytes(row, 0, AccountId::from_bytes)?).or_default().push(own);
    }
    devices.into_iter().for_each(|(id, devices)| state.put_own_devices(id, devices));
    Ok(())
}

fn put_account(state: &mut State, row: &Row) -> Result<()> {
    let card = columns::account(row)?;
    state.put_account(card.id, Some(with_head(row, card)?));
    Ok(())
}

/// An account of the columns that `statements::ACCOUNTS` selects.
fn with_head(row: &Row, card: AccountCard) -> Result<Account> {
    let head = last_seq(row, 8)?;
    if head == Seq::ZERO {
        return Err(Failure::damaged(format!("account {}", card.id), "its topic is empty"));
    }
    Ok(Account { card, head, conversations: number(row, 9)? })
}

/// What is left to do of removing an account, as much as one step does. The messages that it empties come into `loaded`.
async fn removal(session: &Session, account: AccountId, loaded: &mut Loaded) -> Result<Option<RemovalState>> {
    let removed = account;
    let id = removed.as_bytes().as_slice();
    let Some(row) = session.query_opt(statements::REMOVAL, &[&id]).await? else { return Ok(None) };
    let account = with_head(&row, columns::account(&row)?)?;
    let limit = REMOVAL_CONVERSATIONS as i64;
    let rows = session.query(statements::SOME_CONVERSATIONS, &[&id, &limit]).await?;
    let conversations =
        rows.iter().map(|row| bytes(row, 0, ConversationId::from_bytes)).collect::<Result<_>>()?;
    let many_mentions = marks::has_many_mentions(session, removed).await?;
    let wanted = REMOVAL_KEYED as i64 + 1;
    let mut dropped = Vec::new();
    for row in session.query(statements::SOME_KEYED, &[&id, &wanted]).await? {
        dropped.push((get(&row, 0)?, get(&row, 1)?));
    }
    let more_keyed = dropped.len() > REMOVAL_KEYED;
    dropped.truncate(REMOVAL_KEYED);
    loaded.keyed.insert(removed, dropped);
    let (reactions, sent, erased) = (Vec::new(), Vec::new(), HashMap::default());
    let mut removal =
        RemovalState { account, conversations, reactions, many_mentions, sent, erased, more_keyed };
    if !removal.erases() {
        return Ok(Some(removal));
    }
    removal.reactions = marks::some_reactions(session, removed).await?;
    let (after, limit) = (get::<&[u8]>(&row, 10)?, REMOVAL_MESSAGES as i64);
    for row in session.query(statements::SENT_BY, &[&id, &after, &limit]).await? {
        let sent = EventRow::checked(&row, 0)?;
        let is_message = sent.kind()? == kind::MESSAGE && sent.deleted_by()?.is_none();
        let (conversation, client_id) = (ConversationId::from_bytes(sent.topic()?), sent.client_id()?);
        let place = MessagePlace { conversation, seq: sent.seq()?, pos: sent.pos()? };
        removal.sent.push(SentRow { client_id, message: is_message.then_some(place) });
        loaded.messages.insert((conversation, place.seq), row);
    }
    let touched: HashSet<_> =
        removal.sent.iter().filter_map(|row| row.message).map(|message| message.conversation).collect();
    let touched: Ids<'_> = touched.iter().map(|id| id.as_bytes().as_slice()).collect();
    for row in session.query(statements::ERASED, &[&touched, &id]).await? {
        removal.erased.insert(bytes(&row, 0, ConversationId::from_bytes)?, seq(&row, 1)?);
    }
    Ok(Some(removal))
}

/// A conversation behind its last row.
fn put_conversation(state: &mut State, row: &Row) -> Result<ConversationId> {
    let (conversation, owner, members) = events::conversation(row, COLUMNS)?;
    let (head, n) = match EventRow::optional(row, 0)? {
        Some(last) => (last.seq()?, last.n()?),
        None => (Seq::ZERO, 0),
    };
    let id = conversation.id;
    state.put_conversation(id, Some(ConversationState { conversation, owner, head, n, members }));
    Ok(id)
}

/// Where what stands behind a conversation begins.
const REST: usize = COLUMNS + 1 + events::CONVERSATION_COLUMNS;

fn put_room(state: &mut State, row: &Row) -> Result<()> {
    let id = put_place(state, row)?;
    state.put_room(get(row, REST)?, Some(id));
    Ok(())
}

/// A conversation behind its last row, and the place in it of the account behind what it was looked up by.
fn put_place(state: &mut State, row: &Row) -> Result<ConversationId> {
    let id = put_conversation(state, row)?;
    let account = bytes(row, REST + 1, AccountId::from_bytes)?;
    let membership =
        if get::<Option<i16>>(row, REST + 2)?.is_some() { Some(membership(row, REST + 2)?) } else { None };
    state.put_membership(account, id, membership);
    let restriction = if get::<Option<bool>>(row, REST + 6)?.is_some() {
        restriction(row, REST + 6)?
    } else {
        Restriction::default()
    };
    state.put_restriction(id, account, restriction);
    Ok(id)
}

fn invite(row: &Row) -> Result<Invite> {
    Ok(Invite {
        id: bytes(row, 1, InviteId::from_bytes)?,
        token: bytes(row, 2, InviteHash)?,
        expires: get::<Option<i64>>(row, 3)?.map(Timestamp::from_millis),
        uses: uses(row, 4)?,
    })
}

fn put_sent(state: &mut State, row: &Row) -> Result<()> {
    let row = EventRow::checked(row, 0)?;
    let hash = row.hash(RequestHash)?;
    let sent = Sent { seq: row.seq()?, pos: row.pos()?, at: row.at()?, hash, made: made(&row)? };
    state.put_sent(row.sender()?, row.client_id()?, Some(sent));
    Ok(())
}

/// None if the row of the timeline is no message.
fn put_message(state: &mut State, row: &Row) -> Result<Option<(ConversationId, Seq)>> {
    let message = EventRow::checked(row, 0)?;
    if message.kind()? != kind::MESSAGE {
        return Ok(None);
    }
    let key = (ConversationId::from_bytes(message.topic()?), message.seq()?);
    let deleted = match message.deleted_by()? {
        None => None,
        Some(by) => {
            let deletion = EventRow::optional(row, COLUMNS)?.ok_or_else(|| {
                Failure::damaged(
                    format!("row {} of {}", key.1, key.0),
                    format!("its deletion {by} is missing"),
                )
            })?;
            Some((by, deletion.pos()?, deletion.at()?))
        }
    };
    let detail = message_detail(&message)?;
    let row = MessageState {
        sender: message.sender()?,
        pos: message.pos()?,
        at: message.at()?,
        text: message.text()?,
        edited: detail.edited(),
        deleted,
        hidden: detail.hidden,
        entities: detail.entities,
    };
    state.put_message(key.0, key.1, Some(row));
    Ok(Some(key))
}

fn put_guest(state: &mut State, row: &Row) -> Result<()> {
    let first = FirstGuest {
        account: bytes(row, 1, AccountId::from_bytes)?,
        device: bytes(row, 2, DeviceId::from_bytes)?,
        hash: bytes(row, 3, RequestHash)?,
        salt: bytes(row, 4, Salt)?,
        expires: time(row, 5)?,
    };
    state.put_guest(bytes(row, 0, KeyHash)?, Some(first));
    Ok(())
}

/// A restriction of columns that begin at `first`.
fn restriction(row: &Row, first: usize) -> Result<Restriction> {
    Ok(Restriction {
        banned: get(row, first)?,
        read_only: get(row, first + 1)?,
        muted_until: optional_time_of(get(row, first + 2)?),
        wrote_at: optional_time_of(get(row, first + 3)?),
    })
}

/// A membership of columns that begin at `first`.
pub(super) fn membership(row: &Row, first: usize) -> Result<Membership> {
    Ok(Membership {
        role: role(row, first)?,
        since: pos(row, first + 1)?,
        visible_from: seq(row, first + 2)?,
        request: get(row, first + 3)?,
    })
}
