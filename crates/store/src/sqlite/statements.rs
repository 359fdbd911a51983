//! Every statement that runs while the store is open, in one place, so that a test can look at how each is carried out.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)*

        #[cfg(test)]
        const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// What [`super::events::Events::read`] takes.
macro_rules! event {
    ($rest:literal) => {
        concat!(
            "SELECT pos, topic, seq, kind, at, sender, n, client_id, target, deleted_by, text, detail FROM event ",
            $rest
        )
    };
}

statements! {
    HEAD = "SELECT max(pos) FROM event";
    EVENT = event!("WHERE pos = ?1");
    EVENTS_BACK = event!("WHERE pos <= ?1 ORDER BY pos DESC");
    EVENTS_AFTER = event!("WHERE pos > ?1 ORDER BY pos LIMIT ?2");
    /// Kind 1 is a message.
    MESSAGES = event!("WHERE topic = ?1 AND seq BETWEEN ?2 AND ?3 AND kind = 1 ORDER BY seq");

    TOPICS_AFTER = "SELECT pos, topic FROM event WHERE pos > ?1 ORDER BY pos";

    /// The index holds all of it.
    TOPIC_BACK = "SELECT pos, seq FROM event WHERE topic = ?1 ORDER BY seq DESC";
    TOPIC_HEAD = "SELECT seq, n, at FROM event WHERE topic = ?1 ORDER BY seq DESC LIMIT 1";
    ROW = "SELECT pos, at FROM event WHERE topic = ?1 AND seq = ?2";
    MESSAGE = "SELECT sender, deleted_by FROM event WHERE topic = ?1 AND seq = ?2 AND kind = 1";
    SENT = "SELECT seq, pos, at, hash FROM event WHERE client_id = ?1 AND sender = ?2";

    ACCOUNT = "SELECT name, lookalike, version,
        (SELECT seq FROM event WHERE topic = account.id ORDER BY seq DESC LIMIT 1)
        FROM account WHERE id = ?1";
    SENDER = "SELECT name, lookalike, version FROM account WHERE id = ?1";
    DEVICE = "SELECT account FROM device WHERE id = ?1";
    PLACE = "SELECT place FROM device WHERE id = ?1";
    SESSION = "SELECT device.id, account.id, name, lookalike
        FROM device JOIN account ON account.id = device.account WHERE token_hash = ?1";
    CONVERSATION = "SELECT kind, slug, owner FROM conversation WHERE id = ?1";
    ROOM = "SELECT id FROM conversation WHERE slug_key = ?1";
    MEMBERSHIP = "SELECT role, since, visible_from FROM member WHERE account = ?1 AND conversation = ?2";
    MEMBERSHIPS = "SELECT conversation, role, since, visible_from FROM member WHERE account = ?1";
    FIRST_GUEST = "SELECT account, device, hash, salt, expires FROM idempotency WHERE key = ?1";

    APPEND_MESSAGE = "INSERT INTO event (pos, topic, seq, kind, at, sender, n, client_id, hash, text)
        VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9)";
    /// A deletion repeats the number of messages of the row before it.
    APPEND_DELETE = "INSERT INTO event (pos, topic, seq, kind, at, sender, n, target)
        SELECT ?1, ?2, ?3, 2, ?4, ?5, n, ?6 FROM event WHERE topic = ?2 AND seq = ?3 - 1";
    EMPTY_MESSAGE = "UPDATE event SET text = '', deleted_by = ?3 WHERE topic = ?1 AND seq = ?2";
    APPEND_ACCOUNT_EVENT = "INSERT INTO event (pos, topic, seq, kind, at, detail)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    ADD_ACCOUNT = "INSERT INTO account (id, name, lookalike, version) VALUES (?1, ?2, ?3, 1)";
    ADD_DEVICE = "INSERT INTO device (id, account, token_hash, place) VALUES (?1, ?2, ?3, 0)";
    REMOVE_DEVICE = "DELETE FROM device WHERE id = ?1";
    ADD_CONVERSATION = "INSERT INTO conversation (id, kind, slug, slug_key, owner) VALUES (?1, ?2, ?3, ?4, ?5)";
    ADD_MEMBER = "INSERT INTO member (account, conversation, role, since, visible_from)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    REMOVE_MEMBER = "DELETE FROM member WHERE account = ?1 AND conversation = ?2";
    /// Replaces only a key that has expired: any other gets its first answer.
    KEEP_KEY = "INSERT OR REPLACE INTO idempotency (key, hash, account, device, salt, expires)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    /// A few at a time, so that no batch waits for many.
    FORGET_KEYS = "DELETE FROM idempotency WHERE key IN
        (SELECT key FROM idempotency WHERE expires <= ?1 ORDER BY expires LIMIT 100)";
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
    fn the_places_of_a_topic_are_read_from_the_index_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut connection).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {TOPIC_BACK}");
        let step: String = connection.query_row(&sql, ["x"], |row| row.get("detail")).unwrap();
        assert!(step.contains("COVERING INDEX event_topic"), "{step}");
    }
}
