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

    ACCOUNT = "SELECT name, lookalike, version, conversations FROM account WHERE id = ?1";
    DEVICE = "SELECT account FROM device WHERE id = ?1";
    PLACE = "SELECT place FROM device WHERE id = ?1";
    SESSION = "SELECT device.id, account.id, name, lookalike
        FROM device JOIN account ON account.id = device.account WHERE token_hash = ?1";
    CONVERSATION = "SELECT kind, slug, owner, members, title, topic, listed, locked, history_visible,
        slow_mode_seconds, version, slug_key FROM conversation WHERE id = ?1";
    ROOM = "SELECT id FROM conversation WHERE slug_key = ?1";
    MEMBERSHIP = "SELECT role, since, visible_from, request FROM member WHERE account = ?1 AND conversation = ?2";
    MEMBERSHIPS = "SELECT conversation, role, since, visible_from, request FROM member WHERE account = ?1";
    FIRST_GUEST = "SELECT account, device, hash, salt, expires FROM idempotency WHERE key = ?1";

    APPEND_EVENT = "INSERT INTO event
        (pos, topic, seq, kind, at, sender, n, client_id, hash, target, deleted_by, text, detail, checksum)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    EMPTY_MESSAGE = "UPDATE event SET text = '', deleted_by = ?2, checksum = ?3 WHERE pos = ?1";
    ADD_ACCOUNT = "INSERT INTO account (id, name, lookalike, version) VALUES (?1, ?2, ?3, 1)";
    ADD_DEVICE = "INSERT INTO device (id, account, token_hash, place) VALUES (?1, ?2, ?3, 0)";
    REMOVE_DEVICE = "DELETE FROM device WHERE id = ?1";
    ADD_CONVERSATION = "INSERT INTO conversation
        (id, kind, slug, slug_key, owner, title, topic, listed, locked, history_visible, slow_mode_seconds, version, members)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0)";
    ADD_MEMBER = "INSERT INTO member (account, conversation, role, since, visible_from, request)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
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
    ACCEPT = "UPDATE member SET request = 0 WHERE account = ?1 AND conversation = ?2";
    MOVE_PLACE = "UPDATE device SET place = ?2 WHERE id = ?1 AND place < ?2";
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
