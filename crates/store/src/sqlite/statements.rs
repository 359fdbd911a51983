//! Every statement that runs while the store is open, in one place, so that a test can look at how each is carried out.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)*

        #[cfg(test)]
        const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// What [`super::event_row::checked`] takes.
macro_rules! event {
    ($rest:literal) => {
        concat!(
            "SELECT pos, topic, seq, kind, at, sender, n, client_id, hash, target, deleted_by, text, detail, checksum \
             FROM event ",
            $rest
        )
    };
}

statements! {
    HEAD = "SELECT max(pos) FROM event";
    SNAPSHOT = "SELECT done, (SELECT max(pos) FROM event) FROM fold WHERE id = 1";
    EVENT = event!("WHERE pos = ?1");
    EVENTS_BACK = event!("WHERE pos <= ?1 ORDER BY pos DESC");
    /// As many as ?2 says; all if that is negative.
    EVENTS_AFTER = event!("WHERE pos > ?1 ORDER BY pos LIMIT ?2");
    TIMELINE = "SELECT seq, pos FROM timeline WHERE topic = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq";
    TIMELINE_BACK = "SELECT seq, pos FROM timeline WHERE topic = ?1 AND seq < ?2 ORDER BY seq DESC";
    FOLD = "SELECT done, until, folded FROM fold WHERE id = 1";
    FOLD_ROW = "INSERT INTO timeline (topic, seq, pos) VALUES (?1, ?2, ?3)";
    MOVE_HAND = "UPDATE fold SET done = ?1, until = ?2, folded = ?3 WHERE id = 1";

    SENT = event!("WHERE client_id = ?1 AND sender = ?2");

    /// What [`super::columns::account`] takes.
    ACCOUNT = "SELECT name, lookalike, version, username, about, color, removed FROM account WHERE id = ?1";
    CONVERSATIONS_OF = "SELECT conversations FROM account WHERE id = ?1";
    USERNAME = "SELECT id FROM account WHERE username = ?1";
    CREDENTIAL_VERSION = "SELECT version FROM credential WHERE account = ?1";
    CREDENTIAL = "SELECT account, password, version FROM credential WHERE account = ?1";
    CREDENTIAL_OF_USERNAME = "SELECT credential.account, password, credential.version
        FROM account JOIN credential ON credential.account = account.id WHERE username = ?1";
    RECOVERY_CODE = "SELECT 1 FROM recovery_code WHERE account = ?1 AND hash = ?2";
    OWN_DEVICES = "SELECT id, name, created_at, seen_at FROM device WHERE account = ?1";
    UNSEEN_DEVICES = "SELECT account, id FROM device WHERE seen_at < ?1 ORDER BY seen_at LIMIT ?2";
    DEVICE = "SELECT account FROM device WHERE id = ?1";
    PLACE = "SELECT place FROM device WHERE id = ?1";
    SESSION = "SELECT account, id FROM device WHERE token_hash = ?1";
    CONVERSATION = "SELECT kind, slug, owner, members, title, topic, listed, locked, history_visible,
        slow_mode_seconds, version, slug_key FROM conversation WHERE id = ?1";
    ROOM = "SELECT id FROM conversation WHERE slug_key = ?1";
    /// What [`super::events::conversation_of`] takes, the id, and whether ?1 is in it: those after ?2, as many as ?3 says.
    LISTED_ROOMS = "SELECT c.kind, c.slug, c.owner, c.members, c.title, c.topic, c.listed, c.locked, c.history_visible,
            c.slow_mode_seconds, c.version, c.slug_key, c.id, m.account IS NOT NULL
        FROM conversation c INDEXED BY conversation_listed
        LEFT JOIN member m ON m.account = ?1 AND m.conversation = c.id
        WHERE c.listed <> 0 AND c.kind = 1 AND c.slug_key > ?2 ORDER BY c.slug_key LIMIT ?3";
    MEMBERSHIP = "SELECT role, since, visible_from, request FROM member WHERE account = ?1 AND conversation = ?2";
    MEMBERSHIPS = "SELECT conversation, role, since, visible_from, request FROM member WHERE account = ?1";
    /// Members after ?2 in the order of their ids, as many as ?3 says, and until when they are muted.
    MEMBERS = "SELECT a.id, a.name, a.lookalike, a.version, m.role, ifnull(r.muted_until, 0)
        FROM member m INDEXED BY member_of JOIN account a ON a.id = m.account
        LEFT JOIN restriction r ON r.conversation = m.conversation AND r.account = m.account
        WHERE m.conversation = ?1 AND m.account > ?2 ORDER BY m.account LIMIT ?3";
    /// Those after ?2 who are kept out, as many as ?3 says.
    BANS = "SELECT a.id, a.name, a.lookalike, a.version
        FROM restriction r INDEXED BY restriction_banned JOIN account a ON a.id = r.account
        WHERE r.conversation = ?1 AND r.account > ?2 AND r.banned <> 0 ORDER BY r.account LIMIT ?3";
    FIRST_GUEST = "SELECT account, device, hash, salt, expires FROM idempotency WHERE key = ?1";

    APPEND_EVENT = "INSERT INTO event
        (pos, topic, seq, kind, at, sender, n, client_id, hash, target, deleted_by, text, detail, checksum)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    CHANGE_MESSAGE = "UPDATE event SET text = ?2, detail = ?3, deleted_by = ?4, checksum = ?5 WHERE pos = ?1";
    MARKS = "SELECT reactions, pinned, pinned_pos, pinned_at FROM mark WHERE conversation = ?1 AND seq = ?2";
    PUT_MARKS = "INSERT OR REPLACE INTO mark (conversation, seq, reactions, pinned, pinned_pos, pinned_at, changed)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    DROP_MARKS = "DELETE FROM mark WHERE conversation = ?1 AND seq = ?2";
    /// Never more than a conversation may have.
    COUNT_PINS = "SELECT count(*) FROM mark WHERE conversation = ?1 AND pinned IS NOT NULL";
    PINS = "SELECT seq FROM mark WHERE conversation = ?1 AND pinned IS NOT NULL ORDER BY pinned DESC";
    /// What was added to the rows ?3 to ?4, with the reactions of ?1.
    MARKS_BETWEEN = "SELECT m.seq, m.reactions, m.pinned, m.changed, r.emoji, r.hidden FROM mark m
        LEFT JOIN reaction r ON r.account = ?1 AND r.conversation = m.conversation AND r.seq = m.seq
        WHERE m.conversation = ?2 AND m.seq BETWEEN ?3 AND ?4 ORDER BY m.seq";
    OWN_REACTIONS = "SELECT emoji, by_seq, pos, at, hidden FROM reaction
        WHERE account = ?1 AND conversation = ?2 AND seq = ?3";
    ADD_REACTION = "INSERT INTO reaction (account, conversation, seq, emoji, by_seq, pos, at, hidden)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    REMOVE_REACTION = "DELETE FROM reaction WHERE account = ?1 AND conversation = ?2 AND seq = ?3 AND emoji = ?4";
    DROP_REACTIONS = "DELETE FROM reaction WHERE conversation = ?1 AND seq = ?2";
    SOME_REACTIONS = "SELECT conversation, seq, emoji, hidden FROM reaction WHERE account = ?1
        ORDER BY conversation, seq, emoji LIMIT ?2";
    /// Those to a message after (?3, ?4) that ?5 may see, as many as ?6 says.
    REACTORS = "SELECT a.id, a.name, a.lookalike, a.version, r.emoji, r.at
        FROM reaction r INDEXED BY reaction_of JOIN account a ON a.id = r.account
        WHERE r.conversation = ?1 AND r.seq = ?2 AND (r.account, r.emoji) > (?3, ?4)
            AND (r.hidden = 0 OR r.account = ?5)
        ORDER BY r.account, r.emoji LIMIT ?6";
    ADD_MENTION = "INSERT OR IGNORE INTO mention (account, conversation, seq) VALUES (?1, ?2, ?3)";
    ADD_MENTION_ALL = "INSERT OR IGNORE INTO mention_all (conversation, seq) VALUES (?1, ?2)";
    /// Never more than a message may have.
    DROP_MENTIONS = "DELETE FROM mention WHERE conversation = ?1 AND seq = ?2";
    DROP_MENTION_ALL = "DELETE FROM mention_all WHERE conversation = ?1 AND seq = ?2";
    /// The messages after row ?3 that mention an account, be it by name or with all.
    COUNT_MENTIONS = "SELECT (SELECT count(*) FROM mention WHERE account = ?1 AND conversation = ?2 AND seq > ?3)
        + (SELECT count(*) FROM mention_all o WHERE o.conversation = ?2 AND o.seq > ?3 AND NOT EXISTS
            (SELECT 1 FROM mention n WHERE n.account = ?1 AND n.conversation = ?2 AND n.seq = o.seq))";
    MANY_MENTIONS = "SELECT 1 FROM mention WHERE account = ?1 LIMIT 1 OFFSET ?2";
    FORGET_MENTIONS = "DELETE FROM mention WHERE account = ?1 AND (conversation, seq) IN
        (SELECT conversation, seq FROM mention WHERE account = ?1 LIMIT ?2)";
    ADD_ACCOUNT = "INSERT INTO account (id, name, lookalike, version) VALUES (?1, ?2, ?3, 1)";
    ADD_DEVICE = "INSERT INTO device (id, account, token_hash, place, name, created_at, seen_at)
        VALUES (?1, ?2, ?3, 0, ?4, ?5, ?5)";
    REMOVE_DEVICE = "DELETE FROM device WHERE id = ?1";
    ADD_CONVERSATION = "INSERT INTO conversation
        (id, kind, slug, slug_key, owner, title, topic, listed, locked, history_visible, slow_mode_seconds, version, members)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0)";
    ADD_MEMBER = "INSERT INTO member (account, conversation, role, since, visible_from, request, from_seq)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    RESTRICTION = "SELECT banned, read_only, muted_until, wrote_at FROM restriction
        WHERE conversation = ?1 AND account = ?2";
    /// Never more than an account may own.
    OWNED_GROUPS = "SELECT count(*) FROM conversation WHERE owner = ?1 AND kind = 2 AND members > 0";
    INVITES = "SELECT id, token_hash, expires, uses, maker, made FROM invite WHERE conversation = ?1 ORDER BY id";
    INVITED = "SELECT conversation, expires FROM invite WHERE token_hash = ?1";
    ADD_INVITE = "INSERT INTO invite (id, token_hash, conversation, maker, expires, uses, made)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    REMOVE_INVITE = "DELETE FROM invite WHERE id = ?1";
    USE_INVITE = "UPDATE invite SET uses = ?2 WHERE id = ?1";
    /// Never more than a group may have.
    FORGET_INVITES = "DELETE FROM invite WHERE conversation = ?1 AND expires <= ?2";
    RESTRICT = "INSERT OR REPLACE INTO restriction (conversation, account, banned, read_only, muted_until, wrote_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    CHANGE_ROLE = "UPDATE member SET role = ?3 WHERE account = ?1 AND conversation = ?2";
    CHANGE_OWNER = "UPDATE conversation SET owner = ?2 WHERE id = ?1";
    CHANGE_SETTINGS = "UPDATE conversation SET title = ?2, topic = ?3, listed = ?4, locked = ?5, history_visible = ?6,
        slow_mode_seconds = ?7, version = ?8 WHERE id = ?1";
    COUNT_MEMBER = "UPDATE conversation SET members = members + ?2 WHERE id = ?1";
    COUNT_CONVERSATION = "UPDATE account SET conversations = conversations + ?2 WHERE id = ?1";
    REMOVE_MEMBER = "DELETE FROM member WHERE account = ?1 AND conversation = ?2";
    /// Replaces only a key that has expired: any other gets its first answer.
    KEEP_KEY = "INSERT OR REPLACE INTO idempotency (key, hash, account, device, salt, expires)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    /// A few at a time, so that no batch waits for many.
    FORGET_KEYS = "DELETE FROM idempotency WHERE key IN
        (SELECT key FROM idempotency WHERE expires <= ?1 ORDER BY expires LIMIT 100)";
    IS_BLOCKED = "SELECT 1 FROM block WHERE account = ?1 AND blocked = ?2";
    /// An account has a limited number of them.
    COUNT_BLOCKS = "SELECT count(*) FROM block WHERE account = ?1";
    BLOCKS = "SELECT blocked, name, lookalike, version FROM block JOIN account ON account.id = blocked
        WHERE block.account = ?1 AND blocked > ?2 ORDER BY blocked LIMIT ?3";
    ADD_BLOCK = "INSERT INTO block (account, blocked) VALUES (?1, ?2)";
    REMOVE_BLOCK = "DELETE FROM block WHERE account = ?1 AND blocked = ?2";
    OWNS_SHARED = "SELECT 1 FROM conversation c INDEXED BY conversation_of
        LEFT JOIN member m ON m.account = c.owner AND m.conversation = c.id
        WHERE c.owner = ?1 AND c.kind IN (1, 2) AND c.members > (m.account IS NOT NULL) LIMIT 1";
    /// Guests after ?1, as many as ?3 says, and whether none of the devices of each was seen at ?2 or later.
    /// Accounts that programs with keys have made (6) are none.
    GUESTS = "SELECT id, NOT EXISTS (SELECT 1 FROM device WHERE device.account = account.id AND seen_at >= ?2)
            AND NOT EXISTS (SELECT 1 FROM ruling WHERE kind = 6 AND subject = account.id)
        FROM account INDEXED BY account_guest
        WHERE username IS NULL AND removed IS NULL AND id > ?1 ORDER BY id LIMIT ?3";
    REMOVE_ACCOUNT = "UPDATE account SET name = ?2, lookalike = ?3, version = ?4, about = ?5, color = ?6, removed = ?7
        WHERE id = ?1";
    FORGET_PASSWORD = "DELETE FROM credential WHERE account = ?1";
    /// Never more than an account may block.
    FORGET_BLOCKS = "DELETE FROM block WHERE account = ?1";
    BEGIN_REMOVAL = "INSERT INTO removal (account) VALUES (?1)";
    REMOVALS = "SELECT account FROM removal WHERE account > x'' ORDER BY account LIMIT ?1";
    REMOVAL = "SELECT after FROM removal WHERE account = ?1";
    MOVE_REMOVAL = "UPDATE removal SET after = ?2 WHERE account = ?1";
    END_REMOVAL = "DELETE FROM removal WHERE account = ?1";
    SOME_CONVERSATIONS = "SELECT conversation FROM member WHERE account = ?1 ORDER BY conversation LIMIT ?2";
    /// What ?1 has sent after the client id ?2, as much as ?3 says.
    SENT_BY = event!("INDEXED BY event_sent WHERE sender = ?1 AND client_id > ?2 ORDER BY client_id LIMIT ?3");
    ERASED = "SELECT seq FROM erased WHERE conversation = ?1 AND account = ?2";
    ADD_ERASED = "INSERT INTO erased (conversation, account, seq) VALUES (?1, ?2, ?3)";
    ACCEPT = "UPDATE member SET request = 0 WHERE account = ?1 AND conversation = ?2";
    /// Notes as well that the device was seen at ?3, unless it was seen after ?4.
    MOVE_PLACE = "UPDATE device SET place = max(place, ?2),
            seen_at = CASE WHEN seen_at < ?4 THEN ?3 ELSE seen_at END
        WHERE id = ?1 AND (place < ?2 OR seen_at < ?4)";
    /// What is noted of an account that is there: whether it is invisible, if ?2 says so, and when it was seen, never back.
    RECORD_PRESENCE = "INSERT INTO presence (account, invisible, seen_at)
        SELECT id, coalesce(?2, 0), ?3 FROM account WHERE id = ?1 AND removed IS NULL
        ON CONFLICT (account) DO UPDATE SET invisible = coalesce(?2, invisible), seen_at = max(seen_at, excluded.seen_at)";
    FORGET_PRESENCE = "DELETE FROM presence WHERE account = ?1";
    INVISIBLE = "SELECT 1 FROM presence WHERE account = ?1 AND invisible <> 0";
    /// When ?2 was last seen, if ?1 may see it. Of the two ?3 is in fewer conversations, and ?4 is the other.
    ACQUAINTANCE = "SELECT p.seen_at FROM account a LEFT JOIN presence p ON p.account = a.id
        WHERE a.id = ?2 AND a.removed IS NULL
            AND NOT EXISTS (SELECT 1 FROM block WHERE account = ?1 AND blocked = ?2)
            AND NOT EXISTS (SELECT 1 FROM block WHERE account = ?2 AND blocked = ?1)
            AND (?1 = ?2 OR EXISTS (SELECT 1 FROM member f
                CROSS JOIN member o ON o.account = ?4 AND o.conversation = f.conversation
                CROSS JOIN conversation c ON c.id = f.conversation
                WHERE f.account = ?3 AND f.request = 0 AND o.request = 0 AND c.kind <> 1))";
    /// Whether ?2 is a room that ?1 is in.
    IS_ROOM_OF = "SELECT 1 FROM member CROSS JOIN conversation c ON c.id = member.conversation
        WHERE member.account = ?1 AND member.conversation = ?2 AND c.kind = 1";
    /// Whether ?2 has taken up the direct chat ?3 with ?1, and neither blocks the other.
    MUTUAL = "SELECT 1 FROM member WHERE account = ?2 AND conversation = ?3 AND request = 0
        AND NOT EXISTS (SELECT 1 FROM block WHERE account = ?1 AND blocked = ?2)
        AND NOT EXISTS (SELECT 1 FROM block WHERE account = ?2 AND blocked = ?1)";
    /// An account has a limited number of them.
    BLOCKED = "SELECT blocked FROM block WHERE account = ?1";
    /// The account ?3, if it is in ?2 and neither it nor ?1 blocks the other.
    PRESENT_MEMBER = "SELECT a.id, a.name, a.lookalike, a.version FROM member m JOIN account a ON a.id = m.account
        WHERE m.account = ?3 AND m.conversation = ?2
            AND NOT EXISTS (SELECT 1 FROM block WHERE account = ?1 AND blocked = ?3)
            AND NOT EXISTS (SELECT 1 FROM block WHERE account = ?3 AND blocked = ?1)";
    RULING = "SELECT kind, subject, since, until, name, key, seen, account FROM ruling
        WHERE kind = ?1 AND subject = ?2";
    /// Those of a kind after ?2, as many as ?3 says.
    RULINGS = "SELECT kind, subject, since, until, name, key, seen, account FROM ruling
        WHERE kind = ?1 AND subject > ?2 ORDER BY subject LIMIT ?3";
    /// Only of kinds of which there may be few.
    COUNT_RULINGS = "SELECT count(*) FROM ruling WHERE kind = ?1";
    PUT_RULING = "INSERT OR REPLACE INTO ruling (kind, subject, since, until, name, key, seen, account)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    LIFT_RULING = "DELETE FROM ruling WHERE kind = ?1 AND subject = ?2";
    /// For those who run the server. The accounts after ?1, as many as ?2 says.
    ALL_ACCOUNTS = "SELECT id FROM account WHERE id > ?1 ORDER BY id LIMIT ?2";
    /// Those whose user names lie from ?1 on and before ?2.
    ALL_USERNAMES = "SELECT id FROM account WHERE username >= ?1 AND username < ?2 ORDER BY username LIMIT ?3";
    /// What [`super::events::conversation_of`] takes, and the id, of those whose keys lie from ?1 on and before ?2.
    ALL_ROOMS = "SELECT kind, slug, owner, members, title, topic, listed, locked, history_visible,
            slow_mode_seconds, version, slug_key, id
        FROM conversation WHERE slug_key >= ?1 AND slug_key < ?2 ORDER BY slug_key LIMIT ?3";
    CHANGE_ACCOUNT = "UPDATE account SET name = ?2, lookalike = ?3, version = ?4, username = ?5, about = ?6, color = ?7
        WHERE id = ?1";
    SET_PASSWORD = "INSERT OR REPLACE INTO credential (account, password, version) VALUES (?1, ?2, ?3)";
    ADD_RECOVERY_CODE = "INSERT INTO recovery_code (account, hash) VALUES (?1, ?2)";
    USE_RECOVERY_CODE = "DELETE FROM recovery_code WHERE account = ?1 AND hash = ?2";
    VOID_RECOVERY_CODES = "DELETE FROM recovery_code WHERE account = ?1";

    /// What [`super::keyed`] takes: the latest event of a key, of a place, and those of the keys from ?2 on and before ?3.
    KEYED = "SELECT pos, key, version, at, value, checksum FROM keyed WHERE topic = ?1 AND key = ?2";
    KEYED_AT = "SELECT pos, key, version, at, value, checksum FROM keyed WHERE topic = ?1 AND pos = ?2";
    KEYED_RANGE = "SELECT pos, key, version, at, value, checksum FROM keyed WHERE topic = ?1 AND key >= ?2 AND key < ?3";
    /// Places of a topic's keyed events after ?2, as many as ?3 says.
    KEYED_AFTER = "SELECT pos FROM keyed WHERE topic = ?1 AND pos > ?2 ORDER BY pos LIMIT ?3";
    PUT_KEYED = "INSERT OR REPLACE INTO keyed (topic, key, pos, version, at, value, checksum)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    COUNT_DRAFTS = "SELECT count(*) FROM keyed WHERE topic = ?1 AND key >= ?2 AND key < ?3 AND value <> ?4";
    NOTE_REPLACED = "INSERT INTO replaced (at, pos) VALUES (?1, ?2)";
    REPLACED = "SELECT at, pos FROM replaced WHERE at <= ?1 ORDER BY at, pos LIMIT ?2";
    FORGET_EVENT = "DELETE FROM event WHERE pos = ?1";
    FORGET_REPLACED = "DELETE FROM replaced WHERE at = ?1 AND pos = ?2";
    /// Places and versions, in no order that matters.
    SOME_KEYED = "SELECT pos, version FROM keyed WHERE topic = ?1 ORDER BY pos LIMIT ?2";
    DROP_KEYED = "DELETE FROM keyed WHERE topic = ?1 AND pos = ?2";
    COUNT_DROPPED = "INSERT INTO compaction (id, upto, removed, dropped) VALUES (1, 0, 0, ?1)
        ON CONFLICT (id) DO UPDATE SET dropped = dropped + ?1";
    COMPACTED = "SELECT upto FROM compaction WHERE id = 1";
    MOVE_COMPACTION = "INSERT INTO compaction (id, upto, removed, dropped) VALUES (1, ?1, ?2, 0)
        ON CONFLICT (id) DO UPDATE SET upto = max(upto, ?1), removed = removed + ?2";
    /// An account's conversations with what they are.
    TOPICS = "SELECT m.conversation, m.role, m.since, m.visible_from, m.request, c.kind, c.members
        FROM member m JOIN conversation c ON c.id = m.conversation WHERE m.account = ?1";
    FARTHEST_PLACE = "SELECT max(place) FROM device WHERE account = ?1";
    FROM_SEQ = "SELECT from_seq FROM member WHERE account = ?1 AND conversation = ?2";
    FROM_SEQS = "SELECT conversation, from_seq FROM member WHERE account = ?1";
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn nothing_reads_what_is_not_its_own() {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut connection).unwrap();
        for (name, sql) in ALL {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps: Vec<String> =
                statement.raw_query().mapped(|row| row.get("detail")).map(Result::unwrap).collect();
            for step in &steps {
                let harmless = step == "SCAN CONSTANT ROW";
                assert!(harmless || !step.contains("SCAN"), "{name}: {steps:?}");
                assert!(!step.contains("TEMP B-TREE"), "{name}: {steps:?}");
            }
        }
    }

    #[test]
    fn a_timeline_is_read_in_its_order_from_its_table_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut connection).unwrap();
        for (sql, range) in [(TIMELINE, "seq>? AND seq<?"), (TIMELINE_BACK, "seq<?")] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps: Vec<String> =
                statement.raw_query().mapped(|row| row.get("detail")).map(Result::unwrap).collect();
            assert_eq!(steps, [format!("SEARCH timeline USING PRIMARY KEY (topic=? AND {range})")]);
        }
    }
}
