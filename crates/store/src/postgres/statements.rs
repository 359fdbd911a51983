//! Every statement that runs while the store is open, in one place, so that a test can look at how each is carried out.
//!
//! Connections plan each once, without looking at what is bound to it or at how full the tables are, and with nothing but
//! indexes and nested loops ([`super::session`]). So the plan is the one that the test has seen.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)*

        /// All of them, with their names.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// The columns that [`super::event_row`] takes, of the table that is named so in the statement.
macro_rules! columns {
    ($e:literal) => {
        concat!(
            $e,
            ".pos, ",
            $e,
            ".topic, ",
            $e,
            ".seq, ",
            $e,
            ".kind, ",
            $e,
            ".at, ",
            $e,
            ".sender, ",
            $e,
            ".n, ",
            $e,
            ".client_id, ",
            $e,
            ".hash, ",
            $e,
            ".target, ",
            $e,
            ".deleted_by, ",
            $e,
            ".text, ",
            $e,
            ".detail, ",
            $e,
            ".checksum"
        )
    };
}

/// How many messages of a conversation after a row mention an account, be it by name or with all. Its own do not come after what it
/// has read.
macro_rules! mentions_after {
    ($account:literal, $conversation:literal, $seq:literal) => {
        concat!(
            "(SELECT count(*) FROM mention n
                WHERE n.account = ",
            $account,
            " AND n.conversation = ",
            $conversation,
            " AND n.seq > ",
            $seq,
            ")
            + (SELECT count(*) FROM mention_all o WHERE o.conversation = ",
            $conversation,
            " AND o.seq > ",
            $seq,
            "
                AND (SELECT true FROM mention n WHERE n.account = ",
            $account,
            "
                    AND n.conversation = o.conversation AND n.seq = o.seq) IS NULL)"
        )
    };
}

/// Whether an account is told how far others are.
macro_rules! wants_receipts {
    ($account:literal) => {
        concat!(
            "(SELECT p.value::jsonb ->> 'receipts' FROM keyed p WHERE p.topic = ",
            $account,
            "
                AND p.key = '\\x52'::bytea) IS DISTINCT FROM 'false'"
        )
    };
}

/// How many messages there are up to the last row that a member has read.
macro_rules! read_n {
    () => {
        "coalesce(own.n, CASE WHEN k.seq >= m.from_seq - 1 THEN k.n END, e.n, 0)"
    };
}

/// Of a member `m`: the columns that [`super::keyed::read_so_far`] takes. Where no message is unread none mentions anybody.
macro_rules! so_far {
    () => {
        concat!(
            "m.account, m.conversation, coalesce(own.seq, b.seq), ",
            read_n!(),
            ", l.n, k.value, k.version,
            CASE WHEN l.n > ",
            read_n!(),
            " THEN ",
            mentions_after!("m.account", "m.conversation", "coalesce(own.seq, b.seq)"),
            " ELSE 0 END"
        )
    };
}

/// What these columns are of: the marker as it is written, from which on the account's own messages can only be near (decision
/// 0013), the row that it stands at, and the last row.
macro_rules! so_far_of {
    () => {
        "LEFT JOIN LATERAL (SELECT value, version, (value::jsonb ->> 'read_seq')::bigint AS seq,
                (value::jsonb ->> 'read_n')::bigint AS n
            FROM keyed WHERE topic = m.account AND key = '\\x50'::bytea || m.conversation LIMIT 1) k ON true
        LEFT JOIN LATERAL (SELECT greatest(m.from_seq - 1, k.seq) AS seq) b ON true
        LEFT JOIN LATERAL (SELECT seq, n FROM event WHERE topic = m.conversation AND seq > b.seq AND seq < b.seq + 64
            AND kind = 1 AND sender = m.account ORDER BY seq DESC LIMIT 1) own ON true
        LEFT JOIN LATERAL (SELECT n FROM event WHERE topic = m.conversation AND seq = b.seq LIMIT 1) e ON true
        LEFT JOIN LATERAL (SELECT n FROM event WHERE topic = m.conversation ORDER BY seq DESC LIMIT 1) l ON true"
    };
}

macro_rules! event {
    ($rest:literal) => {
        concat!("SELECT ", columns!("e"), " ", $rest)
    };
}

/// The columns that [`super::events::conversation_of`] takes, of a conversation `c`.
macro_rules! conversation {
    () => {
        "c.kind, c.slug, c.owner, c.members, c.title, c.topic, c.listed, c.locked, c.history_visible, c.slow_mode_seconds, \
         c.version, c.slug_key"
    };
}

/// The last row of a conversation `c`.
macro_rules! last_row {
    () => {
        "LEFT JOIN LATERAL (SELECT * FROM event WHERE topic = c.id ORDER BY seq DESC LIMIT 1) e ON true"
    };
}

statements! {
    HEAD = "SELECT pos FROM head WHERE id = 1";
    /// Waits for whoever appends, and sees what it has appended.
    LOCK_HEAD = "SELECT pos, changed FROM head WHERE id = 1 FOR UPDATE";
    MOVE_HEAD = "UPDATE head SET pos = $2, changed = greatest(changed, $3) WHERE id = 1 AND pos = $1";
    BATCH = "SELECT id FROM batch WHERE pos = $1";
    ADD_BATCH = "INSERT INTO batch (pos, id) VALUES ($1, $2)";
    FORGET_BATCHES = "DELETE FROM batch WHERE pos <= $1";

    EVENTS_BACK = event!("FROM event e WHERE e.pos <= $1 ORDER BY e.pos DESC LIMIT $2");
    EVENTS_AFTER = event!("FROM event e WHERE e.pos > $1 AND e.pos <= $2 ORDER BY e.pos LIMIT $3");
    EVENTS_AT = event!("FROM event e WHERE e.pos = ANY ($1) ORDER BY e.pos");
    EVENTS_OF_TOPIC = event!("FROM event e WHERE e.topic = $1 AND e.seq BETWEEN $2 AND $3 ORDER BY e.seq");
    EVENTS_OF_ROWS = event!("FROM event e WHERE e.topic = $1 AND e.seq = ANY ($2)");
    MARKS = "SELECT conversation, seq, reactions, pinned, pinned_pos, pinned_at
        FROM unnest($1::bytea[], $2::bigint[]) w(conversation, seq) JOIN mark USING (conversation, seq)";
    PUT_MARKS = "INSERT INTO mark (conversation, seq, reactions, pinned, pinned_pos, pinned_at, changed)
        SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
        ON CONFLICT (conversation, seq) DO UPDATE SET reactions = excluded.reactions, pinned = excluded.pinned,
            pinned_pos = excluded.pinned_pos, pinned_at = excluded.pinned_at, changed = excluded.changed";
    DROP_MARKS = "DELETE FROM mark USING unnest($1::bytea[], $2::bigint[]) w(conversation, seq)
        WHERE mark.conversation = w.conversation AND mark.seq = w.seq";
    /// Never more than a conversation may have.
    COUNT_PINS = "SELECT w.conversation,
            (SELECT count(*) FROM mark m WHERE m.conversation = w.conversation AND m.pinned IS NOT NULL)
        FROM unnest($1::bytea[]) w(conversation)";
    PINS = "SELECT seq FROM mark WHERE conversation = $1 AND pinned IS NOT NULL ORDER BY pinned DESC";
    /// What was added to the rows $3, with the reactions of $1.
    MARKS_OF = "SELECT m.seq, m.reactions, m.pinned, m.changed, r.emoji, r.hidden FROM mark m
        LEFT JOIN reaction r ON r.account = $1 AND r.conversation = m.conversation AND r.seq = m.seq
        WHERE m.conversation = $2 AND m.seq = ANY ($3)";
    OWN_REACTIONS = "SELECT conversation, seq, account, emoji, by_seq, pos, at, hidden
        FROM unnest($1::bytea[], $2::bigint[], $3::bytea[]) w(conversation, seq, account)
        JOIN reaction USING (conversation, seq, account)";
    ADD_REACTIONS = "INSERT INTO reaction (account, conversation, seq, emoji, by_seq, pos, at, hidden)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::boolean[])";
    REMOVE_REACTIONS = "DELETE FROM reaction
        USING unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::text[]) w(account, conversation, seq, emoji)
        WHERE reaction.account = w.account AND reaction.conversation = w.conversation AND reaction.seq = w.seq
            AND reaction.emoji = w.emoji";
    DROP_REACTIONS = "DELETE FROM reaction USING unnest($1::bytea[], $2::bigint[]) w(conversation, seq)
        WHERE reaction.conversation = w.conversation AND reaction.seq = w.seq";
    SOME_REACTIONS = "SELECT conversation, seq, emoji, hidden FROM reaction WHERE account = $1
        ORDER BY conversation, seq, emoji LIMIT $2";
    /// Those to a message after ($3, $4) that $5 may see, as many as $6 says.
    REACTORS = "SELECT a.id, a.name, a.lookalike, a.version, r.emoji, r.at
        FROM reaction r JOIN account a ON a.id = r.account
        WHERE r.conversation = $1 AND r.seq = $2 AND (r.account, r.emoji) > ($3, $4)
            AND (NOT r.hidden OR r.account = $5)
        ORDER BY r.account, r.emoji LIMIT $6";
    ADD_MENTIONS = "INSERT INTO mention (account, conversation, seq)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[])";
    ADD_MENTIONS_OF_ALL = "INSERT INTO mention_all (conversation, seq) SELECT * FROM unnest($1::bytea[], $2::bigint[])";
    /// Never more than a message may have.
    DROP_MENTIONS = "DELETE FROM mention USING unnest($1::bytea[], $2::bigint[]) w(conversation, seq)
        WHERE mention.conversation = w.conversation AND mention.seq = w.seq";
    DROP_MENTIONS_OF_ALL = "DELETE FROM mention_all USING unnest($1::bytea[], $2::bigint[]) w(conversation, seq)
        WHERE mention_all.conversation = w.conversation AND mention_all.seq = w.seq";
    MANY_MENTIONS = "SELECT 1 FROM mention WHERE account = $1 LIMIT 1 OFFSET $2";
    FORGET_MENTIONS = "DELETE FROM mention WHERE ctid = ANY (ARRAY
        (SELECT ctid FROM mention WHERE account = $1 LIMIT $2))";
    /// What [`super::columns::account`] takes.
    CARDS = "SELECT id, name, lookalike, version, username, about, color, removed FROM account WHERE id = ANY ($1)";
    CONVERSATIONS = concat!("SELECT c.id, ", conversation!(), " FROM conversation c WHERE c.id = ANY ($1)");

    ACCOUNTS = "SELECT id, name, lookalike, version, username, about, color, removed,
            (SELECT seq FROM event WHERE topic = account.id ORDER BY seq DESC LIMIT 1), conversations
        FROM account WHERE id = ANY ($1)";
    DEVICES = "SELECT id, account FROM device WHERE id = ANY ($1)";
    CONVERSATION_STATES = concat!(
        "SELECT ", columns!("e"), ", c.id, ", conversation!(), "
        FROM conversation c ", last_row!(), " WHERE c.id = ANY ($1)"
    );
    ROOMS = concat!(
        "SELECT ", columns!("e"), ", c.id, ", conversation!(), ", w.key, w.account, m.role, m.since, m.visible_from,
            m.request, r.banned, r.read_only, r.muted_until, r.wrote_at
        FROM unnest($1::text[], $2::bytea[]) w(key, account)
        JOIN conversation c ON c.slug_key = w.key
        LEFT JOIN member m ON m.account = w.account AND m.conversation = c.id
        LEFT JOIN restriction r ON r.conversation = c.id AND r.account = w.account ", last_row!()
    );
    MEMBERSHIPS = "SELECT account, conversation, role, since, visible_from, request
        FROM unnest($1::bytea[], $2::bytea[]) w(account, conversation) JOIN member USING (account, conversation)";
    SENT = event!("FROM unnest($1::bytea[], $2::bytea[]) w(client_id, sender)
        JOIN event e ON e.client_id = w.client_id AND e.sender = w.sender");
    /// With the rows that deleted them.
    MESSAGES = concat!(
        "SELECT ", columns!("e"), ", ", columns!("d"), "
        FROM unnest($1::bytea[], $2::bigint[]) w(topic, seq) JOIN event e ON e.topic = w.topic AND e.seq = w.seq
        LEFT JOIN event d ON d.topic = e.topic AND d.seq = e.deleted_by"
    );
    FIRST_GUESTS = "SELECT key, account, device, hash, salt, expires FROM idempotency WHERE key = ANY ($1)";
    USERNAMES = "SELECT username, id FROM account WHERE username = ANY ($1)";
    CREDENTIAL_VERSIONS = "SELECT account, version FROM credential WHERE account = ANY ($1)";
    DEVICES_OF = "SELECT account, id, seen_at FROM device WHERE account = ANY ($1)";
    RECOVERY_CODES = "SELECT account, hash
        FROM unnest($1::bytea[], $2::bytea[]) w(account, hash) JOIN recovery_code USING (account, hash)";

    ARE_BLOCKED = "SELECT account, blocked FROM unnest($1::bytea[], $2::bytea[]) w(account, blocked)
        JOIN block USING (account, blocked)";
    /// An account has a limited number of them.
    COUNT_BLOCKS = "SELECT w.account, (SELECT count(*) FROM block WHERE block.account = w.account)
        FROM unnest($1::bytea[]) w(account)";
    ADD_BLOCKS = "INSERT INTO block (account, blocked) SELECT * FROM unnest($1::bytea[], $2::bytea[])";
    REMOVE_BLOCKS = "DELETE FROM block USING unnest($1::bytea[], $2::bytea[]) w(account, blocked)
        WHERE block.account = w.account AND block.blocked = w.blocked";

    APPEND_EVENTS = "INSERT INTO event
        (pos, topic, seq, kind, at, sender, n, client_id, hash, target, deleted_by, text, detail, checksum)
        SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::smallint[], $5::bigint[], $6::bytea[],
            $7::bigint[], $8::bytea[], $9::bytea[], $10::bigint[], $11::bigint[], $12::text[], $13::text[],
            $14::integer[])";
    CHANGE_MESSAGES = "UPDATE event SET text = w.text, detail = w.detail, deleted_by = w.deleted_by,
            checksum = w.checksum
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::integer[])
            w(pos, text, detail, deleted_by, checksum)
        WHERE event.pos = w.pos";
    ADD_ACCOUNTS = "INSERT INTO account (id, name, lookalike, version)
        SELECT id, name, lookalike, 1 FROM unnest($1::bytea[], $2::text[], $3::boolean[]) w(id, name, lookalike)";
    ADD_DEVICES = "INSERT INTO device (id, account, token_hash, place, name, created_at, seen_at)
        SELECT id, account, token_hash, 0, name, at, at
        FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::text[], $5::bigint[])
            w(id, account, token_hash, name, at)";
    CHANGE_ACCOUNTS = "UPDATE account SET name = w.name, lookalike = w.lookalike, version = w.version,
            username = w.username, about = w.about, color = w.color
        FROM unnest($1::bytea[], $2::text[], $3::boolean[], $4::bigint[], $5::text[], $6::text[], $7::smallint[])
            w(id, name, lookalike, version, username, about, color)
        WHERE account.id = w.id";
    SET_PASSWORDS = "INSERT INTO credential (account, password, version)
        SELECT * FROM unnest($1::bytea[], $2::text[], $3::bigint[])
        ON CONFLICT (account) DO UPDATE SET password = excluded.password, version = excluded.version";
    USE_RECOVERY_CODES = "DELETE FROM recovery_code USING unnest($1::bytea[], $2::bytea[]) w(account, hash)
        WHERE recovery_code.account = w.account AND recovery_code.hash = w.hash";
    VOID_RECOVERY_CODES = "DELETE FROM recovery_code WHERE account = ANY ($1)";
    ADD_RECOVERY_CODES = "INSERT INTO recovery_code (account, hash) SELECT * FROM unnest($1::bytea[], $2::bytea[])";
    REMOVE_DEVICES = "DELETE FROM device WHERE id = ANY ($1)";
    ADD_CONVERSATIONS = "INSERT INTO conversation
            (id, kind, slug, slug_key, owner, title, topic, listed, locked, history_visible, slow_mode_seconds, version)
        SELECT * FROM unnest($1::bytea[], $2::smallint[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[],
            $8::boolean[], $9::boolean[], $10::boolean[], $11::integer[], $12::bigint[])";
    ADD_MEMBERS = "INSERT INTO member (account, conversation, role, since, visible_from, request, from_seq)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::smallint[], $4::bigint[], $5::bigint[], $6::boolean[],
            $7::bigint[])";
    ACCEPT_MEMBERS = "UPDATE member SET request = false FROM unnest($1::bytea[], $2::bytea[]) w(account, conversation)
        WHERE member.account = w.account AND member.conversation = w.conversation";
    RESTRICTIONS = "SELECT conversation, account, banned, read_only, muted_until, wrote_at
        FROM unnest($1::bytea[], $2::bytea[]) w(conversation, account) JOIN restriction USING (conversation, account)";
    /// Never more than an account may own.
    OWNED_GROUPS = "SELECT w.account,
            (SELECT count(*) FROM conversation c WHERE c.owner = w.account AND c.kind = 2 AND c.members > 0)
        FROM unnest($1::bytea[]) w(account)";
    INVITES = "SELECT i.conversation, i.id, i.token_hash, i.expires, i.uses
        FROM unnest($1::bytea[]) w(conversation) JOIN invite i ON i.conversation = w.conversation";
    INVITES_BESIDE = "SELECT i.conversation, i.id, i.token_hash, i.expires, i.uses
        FROM unnest($1::bytea[]) w(token) JOIN invite o ON o.token_hash = w.token
        JOIN invite i ON i.conversation = o.conversation";
    INVITED = concat!(
        "SELECT ", columns!("e"), ", c.id, ", conversation!(), ", w.token, w.account, m.role, m.since, m.visible_from,
            m.request, r.banned, r.read_only, r.muted_until, r.wrote_at
        FROM unnest($1::bytea[], $2::bytea[]) w(token, account)
        JOIN invite i ON i.token_hash = w.token JOIN conversation c ON c.id = i.conversation
        LEFT JOIN member m ON m.account = w.account AND m.conversation = c.id
        LEFT JOIN restriction r ON r.conversation = c.id AND r.account = w.account ", last_row!()
    );
    ADD_INVITES = "INSERT INTO invite (id, token_hash, conversation, maker, expires, uses, made)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bigint[])";
    REMOVE_INVITES = "DELETE FROM invite WHERE id = ANY ($1)";
    USE_INVITES = "UPDATE invite SET uses = w.uses FROM unnest($1::bytea[], $2::bigint[]) w(id, uses)
        WHERE invite.id = w.id";
    /// Never more than a group may have.
    FORGET_INVITES = "DELETE FROM invite WHERE conversation = ANY ($1) AND expires <= $2";
    RESTRICT = "INSERT INTO restriction (conversation, account, banned, read_only, muted_until, wrote_at)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::boolean[], $4::boolean[], $5::bigint[], $6::bigint[])
        ON CONFLICT (conversation, account) DO UPDATE SET banned = excluded.banned, read_only = excluded.read_only,
            muted_until = excluded.muted_until, wrote_at = excluded.wrote_at";
    CHANGE_ROLES = "UPDATE member SET role = w.role
        FROM unnest($1::bytea[], $2::bytea[], $3::smallint[]) w(account, conversation, role)
        WHERE member.account = w.account AND member.conversation = w.conversation";
    CHANGE_OWNERS = "UPDATE conversation SET owner = w.owner FROM unnest($1::bytea[], $2::bytea[]) w(id, owner)
        WHERE conversation.id = w.id";
    CHANGE_SETTINGS = "UPDATE conversation SET title = w.title, topic = w.topic, listed = w.listed, locked = w.locked,
            history_visible = w.history_visible, slow_mode_seconds = w.slow_mode_seconds, version = w.version
        FROM unnest($1::bytea[], $2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::boolean[], $7::integer[],
            $8::bigint[]) w(id, title, topic, listed, locked, history_visible, slow_mode_seconds, version)
        WHERE conversation.id = w.id";
    COUNT_MEMBERS = "UPDATE conversation SET members = members + w.by FROM unnest($1::bytea[], $2::bigint[]) w(id, by)
        WHERE conversation.id = w.id";
    COUNT_CONVERSATIONS = "UPDATE account SET conversations = conversations + w.by
        FROM unnest($1::bytea[], $2::bigint[]) w(id, by) WHERE account.id = w.id";
    REMOVE_MEMBERS = "DELETE FROM member USING unnest($1::bytea[], $2::bytea[]) w(account, conversation)
        WHERE member.account = w.account AND member.conversation = w.conversation";
    /// Replaces only keys that have expired: any other gets its first answer.
    KEEP_KEYS = "INSERT INTO idempotency (key, hash, account, device, salt, expires)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bigint[])
        ON CONFLICT (key) DO UPDATE SET hash = excluded.hash, account = excluded.account, device = excluded.device,
            salt = excluded.salt, expires = excluded.expires";
    /// A few at a time, so that no batch waits for many.
    FORGET_KEYS = "DELETE FROM idempotency WHERE key = ANY (ARRAY
        (SELECT key FROM idempotency WHERE expires <= $1 ORDER BY expires LIMIT 100))";
    /// Notes as well that the devices were seen at $3, unless they were seen after $4.
    MOVE_PLACES = "UPDATE device SET place = greatest(device.place, w.place),
            seen_at = CASE WHEN device.seen_at < $4 THEN $3 ELSE device.seen_at END
        FROM unnest($1::bytea[], $2::bigint[]) w(id, place)
        WHERE device.id = w.id AND (device.place < w.place OR device.seen_at < $4)";

    /// Notes of accounts that are there whether they are invisible, where $2 says so, and when they were seen, never back.
    RECORD_PRESENCES = "INSERT INTO presence (account, invisible, seen_at)
        SELECT a.id, coalesce(w.invisible, false), w.seen_at
        FROM unnest($1::bytea[], $2::boolean[], $3::bigint[]) w(id, invisible, seen_at) JOIN account a ON a.id = w.id
        WHERE a.removed IS NULL
        ON CONFLICT (account) DO UPDATE SET seen_at = greatest(presence.seen_at, excluded.seen_at),
            invisible = coalesce((SELECT w.invisible FROM unnest($1::bytea[], $2::boolean[]) w(id, invisible)
                WHERE w.id = excluded.account), presence.invisible)";
    FORGET_PRESENCES = "DELETE FROM presence WHERE account = ANY ($1)";

    OWNERS_OF_SHARED = "SELECT w.account, EXISTS (SELECT 1 FROM conversation c
            LEFT JOIN member m ON m.account = c.owner AND m.conversation = c.id
            WHERE c.owner = w.account AND c.kind IN (1, 2) AND c.members > (m.account IS NOT NULL)::integer)
        FROM unnest($1::bytea[]) w(account)";
    REMOVE_ACCOUNTS = "UPDATE account SET name = w.name, lookalike = w.lookalike, version = w.version, about = w.about,
            color = w.color, removed = w.removed
        FROM unnest($1::bytea[], $2::text[], $3::boolean[], $4::bigint[], $5::text[], $6::smallint[], $7::smallint[])
            w(id, name, lookalike, version, about, color, removed)
        WHERE account.id = w.id";
    FORGET_PASSWORDS = "DELETE FROM credential WHERE account = ANY ($1)";
    /// Never more than an account may block.
    FORGET_BLOCKS = "DELETE FROM block WHERE account = ANY ($1)";
    BEGIN_REMOVALS = "INSERT INTO removal (account) SELECT * FROM unnest($1::bytea[])";
    /// The account as in `ACCOUNTS`, and how far it is.
    REMOVAL = "SELECT id, name, lookalike, version, username, about, color, removed,
            (SELECT seq FROM event WHERE topic = account.id ORDER BY seq DESC LIMIT 1), conversations, removal.after
        FROM removal JOIN account ON account.id = removal.account WHERE removal.account = $1";
    MOVE_REMOVAL = "UPDATE removal SET after = $2 WHERE account = $1";
    END_REMOVAL = "DELETE FROM removal WHERE account = $1";
    REMOVALS = "SELECT account FROM removal ORDER BY account LIMIT $1";
    SOME_CONVERSATIONS = "SELECT conversation FROM member WHERE account = $1 ORDER BY conversation LIMIT $2";
    /// What $1 has sent after the client id $2, as much as $3 says.
    SENT_BY = event!("FROM event e WHERE e.sender = $1 AND e.client_id > $2 ORDER BY e.client_id LIMIT $3");
    ERASED = "SELECT conversation, seq FROM erased WHERE conversation = ANY ($1) AND account = $2";
    ADD_ERASED = "INSERT INTO erased (conversation, account, seq)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[])";
    /// Guests after $1, as many as $3 says, and whether none of the devices of each was seen at $2 or later.
    /// Accounts that programs with keys have made (6) are none.
    GUESTS = "SELECT id, NOT EXISTS (SELECT 1 FROM device WHERE device.account = account.id AND seen_at >= $2)
            AND NOT EXISTS (SELECT 1 FROM ruling WHERE kind = 6 AND subject = account.id)
        FROM account WHERE username IS NULL AND removed IS NULL AND id > $1 ORDER BY id LIMIT $3";

    RULINGS_OF = "SELECT r.kind, r.subject, r.since, r.until, r.name, r.key, r.seen, r.account
        FROM unnest($1::smallint[], $2::bytea[]) w(kind, subject)
        JOIN ruling r ON r.kind = w.kind AND r.subject = w.subject";
    /// Only of kinds of which there may be few.
    COUNT_RULINGS = "SELECT w.kind, (SELECT count(*) FROM ruling r WHERE r.kind = w.kind)
        FROM unnest($1::smallint[]) w(kind)";
    PUT_RULINGS = "INSERT INTO ruling (kind, subject, since, until, name, key, seen, account)
        SELECT * FROM unnest($1::smallint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::text[], $6::bytea[],
            $7::bigint[], $8::bytea[])
        ON CONFLICT (kind, subject) DO UPDATE SET since = excluded.since, until = excluded.until,
            name = excluded.name, key = excluded.key, seen = excluded.seen, account = excluded.account";
    LIFT_RULINGS = "DELETE FROM ruling USING unnest($1::smallint[], $2::bytea[]) w(kind, subject)
        WHERE ruling.kind = w.kind AND ruling.subject = w.subject";
    RULING = "SELECT kind, subject, since, until, name, key, seen, account FROM ruling
        WHERE kind = $1 AND subject = $2";
    /// Those of a kind after $2, as many as $3 says.
    RULINGS = "SELECT kind, subject, since, until, name, key, seen, account FROM ruling
        WHERE kind = $1 AND subject > $2 ORDER BY subject LIMIT $3";
    /// For those who run the server. What [`super::columns::account`] takes, after $1, as many as $2 says.
    ALL_ACCOUNTS = "SELECT id, name, lookalike, version, username, about, color, removed FROM account
        WHERE id > $1 ORDER BY id LIMIT $2";
    /// Those whose user names lie from $1 on and before $2.
    ALL_USERNAMES = "SELECT id, name, lookalike, version, username, about, color, removed FROM account
        WHERE username >= $1 AND username < $2 ORDER BY username LIMIT $3";
    /// Those whose keys lie from $1 on and before $2.
    ALL_ROOMS = concat!(
        "SELECT c.id, ", conversation!(), " FROM conversation c
        WHERE c.slug_key >= $1 AND c.slug_key < $2 ORDER BY c.slug_key LIMIT $3"
    );
    ANY_CONVERSATION = concat!("SELECT c.id, ", conversation!(), " FROM conversation c WHERE c.id = $1");
    /// The members after $2 in the order of their ids, as many as $3 says.
    ANY_MEMBERS = "SELECT a.id, a.name, a.lookalike, a.version, m.role
        FROM member m JOIN account a ON a.id = m.account
        WHERE m.conversation = $1 AND m.account > $2 ORDER BY m.account LIMIT $3";
    /// Where a timeline ends, and the head.
    ANY_END = "SELECT (SELECT seq FROM event WHERE topic = $1 ORDER BY seq DESC LIMIT 1), pos FROM head WHERE id = 1";
    SESSION = "SELECT account, id FROM device WHERE token_hash = $1";
    CARD = "SELECT id, name, lookalike, version, username, about, color, removed FROM account WHERE id = $1";
    CREDENTIAL = "SELECT account, password, version FROM credential WHERE account = $1";
    CREDENTIAL_OF_USERNAME = "SELECT credential.account, password, credential.version
        FROM account JOIN credential ON credential.account = account.id WHERE username = $1";
    OWN_DEVICES = "SELECT id, name, created_at, seen_at FROM device WHERE account = $1";
    UNSEEN_DEVICES = "SELECT account, id FROM device WHERE seen_at < $1 ORDER BY seen_at LIMIT $2";
    CONVERSATION = concat!(
        "SELECT m.role, c.id, ", conversation!(), ", m.request
        FROM member m JOIN conversation c ON c.id = m.conversation WHERE m.account = $1 AND m.conversation = $2"
    );
    /// Of a member $1: all, for a group may have only so many.
    INVITES_OF = "SELECT me.role, c.kind, i.id, i.maker, i.made, i.expires, i.uses
        FROM member me JOIN conversation c ON c.id = me.conversation
        LEFT JOIN LATERAL
            (SELECT * FROM invite WHERE conversation = me.conversation ORDER BY id LIMIT 1000) i ON true
        WHERE me.account = $1 AND me.conversation = $2";
    INVITATION = concat!(
        "SELECT i.expires, coalesce(r.banned, false), c.id, ", conversation!(), "
        FROM invite i JOIN conversation c ON c.id = i.conversation
        LEFT JOIN restriction r ON r.conversation = c.id AND r.account = $1 WHERE i.token_hash = $2"
    );
    /// Of a member $1: the members after $3 in the order of their ids, as many as $4 says.
    MEMBERS = "SELECT me.role, c.kind, a.id, a.name, a.lookalike, a.version, m.role, coalesce(r.muted_until, 0)
        FROM member me JOIN conversation c ON c.id = me.conversation
        LEFT JOIN LATERAL (SELECT account, role FROM member
            WHERE conversation = me.conversation AND account > $3 ORDER BY account LIMIT $4) m ON true
        LEFT JOIN account a ON a.id = m.account
        LEFT JOIN LATERAL (SELECT muted_until FROM restriction
            WHERE conversation = me.conversation AND account = m.account LIMIT 1) r ON true
        WHERE me.account = $1 AND me.conversation = $2";
    /// Of a member $1: those after $3 who are kept out, as many as $4 says.
    BANS = "SELECT me.role, c.kind, a.id, a.name, a.lookalike, a.version
        FROM member me JOIN conversation c ON c.id = me.conversation
        LEFT JOIN LATERAL (SELECT account FROM restriction
            WHERE conversation = me.conversation AND account > $3 AND banned ORDER BY account LIMIT $4) r ON true
        LEFT JOIN account a ON a.id = r.account
        WHERE me.account = $1 AND me.conversation = $2";
    PLACE = "SELECT place FROM device WHERE id = $1";

    /// What [`super::keyed`] takes: the latest events of keys, those of an account's topic whose keys lie from $2 on and before $3.
    KEYED = "SELECT k.topic, k.key, k.pos, k.version, k.at, k.value, k.checksum
        FROM unnest($1::bytea[], $2::bytea[]) w(topic, key) JOIN keyed k ON k.topic = w.topic AND k.key = w.key";
    FROM_SEQS = "SELECT m.account, m.conversation, m.from_seq FROM unnest($1::bytea[], $2::bytea[]) w(account, conversation)
        JOIN member m ON m.account = w.account AND m.conversation = w.conversation";
    READ_SO_FAR = concat!(
        "SELECT ", so_far!(), " FROM unnest($1::bytea[], $2::bytea[]) w(account, conversation)
        JOIN member m ON m.account = w.account AND m.conversation = w.conversation ", so_far_of!()
    );
    ALL_READ_SO_FAR = concat!("SELECT ", so_far!(), " FROM member m ", so_far_of!(), " WHERE m.account = $1");
    READINGS = concat!(
        "SELECT w.account, w.conversation, w.seq, e.n, ", mentions_after!("w.account", "w.conversation", "w.seq"), "
        FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) w(account, conversation, seq)
        JOIN event e ON e.topic = w.conversation AND e.seq = w.seq"
    );
    COUNT_DRAFTS = "SELECT w.account, w.conversation, (SELECT count(*) FROM keyed k WHERE k.topic = w.account
                AND k.key >= w.first AND k.key < w.last AND k.value <> $5)
        FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[]) w(account, conversation, first, last)";
    /// What an account has set for itself in conversations ($2 has the keys), and its drafts there ($3 and $4, from and before).
    OWN_KEYED = "SELECT k.topic, k.key, k.pos, k.version, k.at, k.value, k.checksum
        FROM unnest($2::bytea[]) w(key)
        CROSS JOIN LATERAL (SELECT * FROM keyed WHERE topic = $1 AND key = w.key LIMIT 1) k
        UNION ALL
        SELECT k.topic, k.key, k.pos, k.version, k.at, k.value, k.checksum
        FROM unnest($3::bytea[], $4::bytea[]) w(first, last)
        CROSS JOIN LATERAL (SELECT * FROM keyed WHERE topic = $1 AND key >= w.first AND key < w.last OFFSET 0) k";
    /// Before those that they name are put.
    NOTE_REPLACED = "INSERT INTO replaced (at, pos) SELECT $3, k.pos
        FROM unnest($1::bytea[], $2::bytea[]) w(topic, key) JOIN keyed k ON k.topic = w.topic AND k.key = w.key";
    /// Of those that the same batch replaces.
    NOTE_PASSED = "INSERT INTO replaced (at, pos) SELECT $2, pos FROM unnest($1::bigint[]) w(pos)";
    PUT_KEYED = "INSERT INTO keyed (topic, key, pos, version, at, value, checksum)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::integer[])
        ON CONFLICT (topic, key) DO UPDATE SET pos = excluded.pos, version = excluded.version, at = excluded.at,
            value = excluded.value, checksum = excluded.checksum";
    REPLACED = "SELECT at, pos FROM replaced WHERE at <= $1 ORDER BY at, pos LIMIT $2";
    FORGET_EVENTS = "DELETE FROM event WHERE pos = ANY ($1)";
    FORGET_REPLACED = "DELETE FROM replaced USING unnest($1::bigint[], $2::bigint[]) w(at, pos)
        WHERE replaced.at = w.at AND replaced.pos = w.pos";
    SOME_KEYED = "SELECT pos, version FROM keyed WHERE topic = $1 ORDER BY pos LIMIT $2";
    DROP_KEYED = "DELETE FROM keyed USING unnest($1::bytea[], $2::bigint[]) w(topic, pos)
        WHERE keyed.topic = w.topic AND keyed.pos = w.pos";
    COUNT_DROPPED = "INSERT INTO compaction (id, upto, removed, dropped) VALUES (1, 0, 0, $1)
        ON CONFLICT (id) DO UPDATE SET dropped = compaction.dropped + excluded.dropped";
    COMPACTED = "SELECT upto FROM compaction WHERE id = 1";
    MOVE_COMPACTION = "INSERT INTO compaction (id, upto, removed, dropped) VALUES (1, $1, $2, 0)
        ON CONFLICT (id) DO UPDATE SET upto = greatest(compaction.upto, excluded.upto),
            removed = compaction.removed + excluded.removed";
    TOPICS = concat!(
        "SELECT h.pos, m.conversation, m.role, m.since, m.visible_from, m.request,
            (SELECT seq FROM event WHERE topic = m.conversation ORDER BY seq DESC LIMIT 1), c.kind, c.members,
            (SELECT coalesce(max(place), 0) FROM device WHERE account = $1), ", wants_receipts!("$1"), ",
            EXISTS (SELECT 1 FROM presence WHERE account = $1 AND invisible)
        FROM head h LEFT JOIN member m ON m.account = $1
        LEFT JOIN LATERAL (SELECT kind, members FROM conversation WHERE id = m.conversation LIMIT 1) c ON true
        WHERE h.id = 1"
    );
    RECEIVED = "SELECT m.conversation, l.seq FROM member m
        CROSS JOIN LATERAL (SELECT seq, pos FROM event WHERE topic = m.conversation ORDER BY seq DESC LIMIT 1) l
        WHERE m.account = $1 AND l.pos > $2 AND l.pos <= $3
            AND (SELECT c.kind <> 1 AND c.members <= $4 FROM conversation c WHERE c.id = m.conversation)";
    /// Of a member $1: what the conversation is, and how far those are who are in it, if there are at most $3 of them.
    RECEIPTS = concat!(
        "SELECT c.kind, c.members, h.pos, ", wants_receipts!("$1"), ",
            k.topic, k.key, k.pos, k.version, k.at, k.value, k.checksum, a.id, a.name, a.lookalike, a.version
        FROM member me JOIN conversation c ON c.id = me.conversation CROSS JOIN head h
        LEFT JOIN LATERAL (SELECT * FROM keyed WHERE topic = me.conversation AND key >= '\\x51'::bytea
            AND key < '\\x52'::bytea AND c.kind <> 1 AND c.members <= $3 OFFSET 0) k ON true
        LEFT JOIN LATERAL (SELECT x.id, x.name, x.lookalike, x.version FROM account x WHERE x.id = substr(k.key, 2)
            AND (SELECT true FROM member m WHERE m.account = x.id AND m.conversation = $2) LIMIT 1) a ON true
        WHERE me.account = $1 AND me.conversation = $2 AND h.id = 1"
    );
    BLOCKS = "SELECT a.id, a.name, a.lookalike, a.version FROM block b JOIN account a ON a.id = b.blocked
        WHERE b.account = $1 AND b.blocked > $2 ORDER BY b.blocked LIMIT $3";
    /// Those of $2 that $1 may see, and when they were last seen. Of each two, the conversations of who is in fewer are gone
    /// through.
    ACQUAINTANCES = "SELECT a.id, p.seen_at
        FROM unnest($2::bytea[]) w(id) JOIN account a ON a.id = w.id JOIN account own ON own.id = $1
        LEFT JOIN presence p ON p.account = a.id
        WHERE a.removed IS NULL
            AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account = $1 AND b.blocked = a.id)
            AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account = a.id AND b.blocked = $1)
            AND (a.id = own.id OR EXISTS (SELECT 1
                FROM (SELECT conversation FROM member
                    WHERE account = CASE WHEN a.conversations < own.conversations THEN a.id ELSE own.id END
                        AND NOT request OFFSET 0) f
                JOIN member o ON o.account = CASE WHEN a.conversations < own.conversations THEN own.id ELSE a.id END
                    AND o.conversation = f.conversation AND NOT o.request
                JOIN conversation c ON c.id = f.conversation AND c.kind <> 1))";
    /// Those of $2 that are rooms that $1 is in.
    ROOMS_OF = "SELECT m.conversation FROM unnest($2::bytea[]) w(id)
        JOIN member m ON m.account = $1 AND m.conversation = w.id
        WHERE (SELECT c.kind FROM conversation c WHERE c.id = m.conversation) = 1";
    /// What [`super::presence::typist`] takes: the two of a direct chat stand in its key.
    TYPIST = "SELECT m.role, m.request, c.kind, c.locked, c.slug_key, coalesce(
            (SELECT r.muted_until FROM restriction r WHERE r.conversation = $2 AND r.account = $1), 0)
        FROM member m JOIN conversation c ON c.id = m.conversation
        WHERE m.account = $1 AND m.conversation = $2";
    /// Whether $2 has taken up the direct chat $3 with $1, and neither blocks the other.
    MUTUAL = "SELECT 1 FROM member m WHERE m.account = $2 AND m.conversation = $3 AND NOT m.request
        AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account = $1 AND b.blocked = $2)
        AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account = $2 AND b.blocked = $1)";
    /// An account has a limited number of them.
    BLOCKED = "SELECT blocked FROM block WHERE account = $1";
    /// The kind of $2, for a member $1; and those of $3 that are members and block $1 as little as it them.
    PRESENT_MEMBERS = "SELECT c.kind, a.id, a.name, a.lookalike, a.version
        FROM (SELECT c.kind FROM member own JOIN conversation c ON c.id = own.conversation
            WHERE own.account = $1 AND own.conversation = $2 LIMIT 1) c
        LEFT JOIN LATERAL (SELECT x.id, x.name, x.lookalike, x.version
            FROM unnest($3::bytea[]) w(id) JOIN account x ON x.id = w.id
            WHERE (SELECT true FROM member m WHERE m.account = x.id AND m.conversation = $2)
                AND (SELECT true FROM block b WHERE b.account = $1 AND b.blocked = x.id) IS NULL
                AND (SELECT true FROM block b WHERE b.account = x.id AND b.blocked = $1) IS NULL) a ON true";
    /// Those after $2, and whether $1 is in them.
    LISTED_ROOMS = concat!(
        "SELECT c.id, ", conversation!(), ", m.account IS NOT NULL FROM conversation c
        LEFT JOIN member m ON m.account = $1 AND m.conversation = c.id
        WHERE c.listed AND c.kind = 1 AND c.slug_key > $2 ORDER BY c.slug_key LIMIT $3"
    );
    /// From where on an account sees a timeline, where that ends, and the head.
    VISIBLE = "SELECT m.visible_from,
            (SELECT seq FROM event WHERE topic = m.conversation ORDER BY seq DESC LIMIT 1), h.pos
        FROM member m, head h WHERE m.account = $1 AND m.conversation = $2 AND h.id = 1";
    /// An account's conversations before ($2, $3) in the order of (last activity, id), newest first.
    SYNC = concat!(
        "SELECT ", columns!("e"), ", h.pos, p.conversation, p.role, p.pos, ", conversation!(), ", p.request
        FROM head h LEFT JOIN (
            SELECT m.conversation, m.role, l.seq, coalesce(l.pos, m.since) AS pos, m.request
            FROM member m LEFT JOIN LATERAL
                (SELECT seq, pos FROM event WHERE topic = m.conversation ORDER BY seq DESC LIMIT 1) l ON true
            WHERE m.account = $1 AND (coalesce(l.pos, m.since), m.conversation) < ($2, $3)
            ORDER BY 4 DESC, 1 DESC LIMIT $4
        ) p ON true
        LEFT JOIN conversation c ON c.id = p.conversation
        LEFT JOIN event e ON e.topic = p.conversation AND e.seq = p.seq
        WHERE h.id = 1"
    );
    /// The head, and the places of all that the accounts $1 may see after $2, in no order, at most $3: each of their topics is
    /// read back from its end for as long as it is new, for each of them.
    MISSED = concat!(
        "WITH RECURSIVE readers (account, receipts) AS (
            SELECT w.account, ", wants_receipts!("w.account"), " FROM unnest($1::bytea[]) w(account)
        ), topics (topic, after, keyed) AS (
            SELECT account, $2::bigint, true FROM readers
            UNION ALL SELECT m.conversation, greatest($2, since - 1), r.receipts FROM readers r
                CROSS JOIN LATERAL (SELECT conversation, since FROM member WHERE account = r.account OFFSET 0) m
        ), missed (topic, after, seq, pos) AS (
            SELECT t.topic, t.after, l.seq, l.pos FROM topics t, LATERAL
                (SELECT seq, pos FROM event WHERE topic = t.topic ORDER BY seq DESC LIMIT 1) l
            WHERE l.pos > t.after
            UNION ALL
            SELECT m.topic, m.after, l.seq, l.pos FROM missed m, LATERAL
                (SELECT seq, pos FROM event WHERE topic = m.topic AND seq = m.seq - 1 LIMIT 1) l
            WHERE l.pos > m.after
        )
        SELECT h.pos, m.pos FROM head h LEFT JOIN (
            (SELECT pos FROM missed LIMIT $3)
            UNION ALL
            (SELECT k.pos FROM topics t, LATERAL
                (SELECT pos FROM keyed WHERE topic = t.topic AND pos > t.after ORDER BY pos LIMIT $3) k
                WHERE t.keyed LIMIT $3)
        ) m ON true WHERE h.id = 1"
    );
}

#[cfg(test)]
mod tests {
    use chinwag_test_postgres::{Database, shared};

    use super::super::address::Address;
    use super::super::session::Session;
    use super::super::{Postgres, PostgresOptions};
    use super::*;

    /// Messages in the database that is looked at; `CHINWAG_PLAN_MESSAGES` says how many (100,000).
    fn messages() -> u64 {
        std::env::var("CHINWAG_PLAN_MESSAGES").map_or(100_000, |number| number.parse().unwrap())
    }

    /// A tenth as many accounts, each in ten of as many rooms.
    fn fill(database: &Database, messages: u64) {
        let id = "decode(md5(%::text), 'hex')";
        let of = |expression: &str| id.replace('%', expression);
        let (number, tenth) = (of("i"), messages / 10);
        let room = of(&format!("(-i % {tenth} - 1)"));
        for sql in [
            format!("INSERT INTO account (id, name, lookalike, version) SELECT {number}, 'Ada', false, 1 FROM generate_series(1, {tenth}) i"),
            format!("INSERT INTO device SELECT {number}, {number}, {number}, 0 FROM generate_series(1, {tenth}) i"),
            format!("INSERT INTO conversation (id, kind, slug, slug_key, owner) SELECT {room}, 1, 'r' || i, 'r' || i, {number} FROM generate_series(1, {tenth}) i"),
            format!("INSERT INTO member SELECT {}, {room}, 2, 1, 1 FROM generate_series(1, {messages}) i ON CONFLICT DO NOTHING", of(&format!("(i / 10 % {tenth} + 1)"))),
            format!("INSERT INTO block SELECT {number}, {} FROM generate_series(1, {messages}) i ON CONFLICT DO NOTHING", of(&format!("(i % {tenth} + 1)"))),
            format!("INSERT INTO idempotency SELECT {number}, {number}, {number}, {number}, {number}, i FROM generate_series(1, {tenth}) i"),
            format!("INSERT INTO batch SELECT i, {number} FROM generate_series(1, {tenth}) i"),
            format!("INSERT INTO event (pos, topic, seq, kind, at, sender, n, client_id, hash, text, checksum)
                SELECT i, {room}, (i - 1) / {tenth} + 1, 1, i, {number}, 1, {number}, {number}, 'hello', 0 FROM generate_series(1, {messages}) i"),
            "INSERT INTO keyed SELECT account, '\\x50'::bytea || conversation, row_number() OVER (), 1, 1,
                '{\"read_seq\":1,\"read_n\":1}', 0 FROM member"
                .to_owned(),
            format!("INSERT INTO replaced SELECT i, i FROM generate_series(1, {tenth}) i"),
            "INSERT INTO mention SELECT account, conversation, 1 FROM member".to_owned(),
            "INSERT INTO mention_all SELECT id, 1 FROM conversation".to_owned(),
            format!("UPDATE head SET pos = {messages}"),
        ] {
            shared().sql(&database.name, &sql);
        }
    }

    async fn plan(session: &Session, name: &str, sql: &str) -> Vec<String> {
        let parameters = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
        let nulls = vec!["NULL"; parameters].join(", ");
        session.set(&format!("PREPARE {name} AS {sql}")).await.unwrap();
        let run = if parameters == 0 { name.to_owned() } else { format!("{name}({nulls})") };
        let rows = session.once(&format!("EXPLAIN EXECUTE {run}"), &[]).await.unwrap();
        session.set(&format!("DEALLOCATE {name}")).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Whatever the server knows of the tables: nothing when they are new, the wrong thing when they have grown, the truth.
    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_reads_what_is_not_its_own() {
        let database = shared().database();
        let options = PostgresOptions::default();
        drop(Postgres::open(&database.url, options.clone()).unwrap());
        let address = Address::parse(&database.url, &options).unwrap();
        for filled in [false, true, true] {
            if filled && shared().sql(&database.name, "SELECT pos FROM head") == ["0"] {
                shared().sql(&database.name, "ANALYZE");
                fill(&database, messages());
            } else if filled {
                shared().sql(&database.name, "ANALYZE");
            }
            let session = Session::writer(&address, &options).await.unwrap();
            for (name, sql) in ALL {
                let plan = plan(&session, name, sql).await;
                let has = |word: &str| plan.iter().any(|line| line.contains(word));
                assert!(!has("Seq Scan"), "{name}: {plan:#?}");
                assert!(!has("Hash Join") && !has("Merge Join") && !has("Materialize"), "{name}: {plan:#?}");
                // An account's conversations, of which it keeps a page.
                assert!(*name == "SYNC" || !has("Sort"), "{name}: {plan:#?}");
                // Not the index of all rooms, most of which are not listed.
                assert!(*name != "LISTED_ROOMS" || has("using conversation_listed"), "{plan:#?}");
            }
        }
    }

    /// As a reader and as the writer.
    #[tokio::test(flavor = "multi_thread")]
    async fn every_statement_is_prepared_by_who_runs_it() {
        let database = shared().database();
        let options = PostgresOptions::default();
        drop(Postgres::open(&database.url, options.clone()).unwrap());
        let address = Address::parse(&database.url, &options).unwrap();
        Session::reader(&address, &options).await.unwrap();
        Session::writer(&address, &options).await.unwrap();
        for (name, sql) in ALL {
            let prepared = [super::super::log::STATEMENTS, super::super::readers::STATEMENTS].concat();
            assert!(prepared.contains(sql), "nobody prepares {name}");
        }
    }
}
