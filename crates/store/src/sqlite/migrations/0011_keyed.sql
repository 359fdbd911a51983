-- What the latest event of each key says (decision 0013). Its row in `event` has the key as its detail, and minus its position where
-- others have their place in the topic. `kind` is 80 to 99 there.
CREATE TABLE keyed (
    topic BLOB NOT NULL,
    -- Its kind, and the ids that tell it from others of the kind.
    key BLOB NOT NULL,
    pos INTEGER NOT NULL,
    -- Events of the key so far.
    version INTEGER NOT NULL,
    -- Milliseconds since 1970.
    at INTEGER NOT NULL,
    -- As JSON.
    value TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (topic, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX keyed_pos ON keyed (topic, pos);

-- Rows of `event` whose key has a later one, and since when, in milliseconds since 1970. The compactor takes both away.
CREATE TABLE replaced (
    at INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    PRIMARY KEY (at, pos)
) STRICT, WITHOUT ROWID;

-- One row, once there is something to say.
CREATE TABLE compaction (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- The last position that it has taken away, and how many.
    upto INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    -- Sum of the versions of keys that went with their accounts.
    dropped INTEGER NOT NULL
) STRICT;

-- The first row that the stream owes the member: without a marker, all before counts as read. What there is today was read.
ALTER TABLE member ADD COLUMN from_seq INTEGER NOT NULL DEFAULT 1;
UPDATE member SET from_seq = 1 + coalesce((SELECT max(seq) FROM timeline WHERE topic = conversation), 0);
UPDATE member SET from_seq = last.seq + 1
    FROM (SELECT topic, max(seq) AS seq FROM event WHERE pos > (SELECT done FROM fold WHERE id = 1) GROUP BY topic) AS last
    WHERE last.topic = member.conversation;
