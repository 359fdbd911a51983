-- Accounts that sign in with a user name. A guest has none.
ALTER TABLE account ADD COLUMN username TEXT;
ALTER TABLE account ADD COLUMN about TEXT NOT NULL DEFAULT '';
-- 0 to 11; null: as the account's id has it.
ALTER TABLE account ADD COLUMN color INTEGER;
CREATE UNIQUE INDEX account_username ON account (username) WHERE username IS NOT NULL;

-- What a device was called when it signed in; null if nothing.
ALTER TABLE device ADD COLUMN name TEXT;
-- Milliseconds since 1970.
ALTER TABLE device ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
-- When it last asked for something, to the hour.
ALTER TABLE device ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX device_account ON device (account);
CREATE INDEX device_seen ON device (seen_at);

-- Devices until now have come with their account, whose first event says when. Some of these are not in the timelines yet.
UPDATE device SET created_at = coalesce(
    (SELECT event.at FROM timeline JOIN event ON event.pos = timeline.pos
        WHERE timeline.topic = device.account AND timeline.seq = 1), 0);
UPDATE device SET created_at = event.at FROM event
    WHERE event.pos > (SELECT done FROM fold WHERE id = 1) AND event.kind = 6 AND event.topic = device.account;
-- Nobody knows when they were last seen: no later than the last event, and none is to be called unseen before it has had
-- time to come.
UPDATE device SET seen_at = coalesce((SELECT at FROM event ORDER BY pos DESC LIMIT 1), 0);

-- Passwords of accounts. They stand in no event.
CREATE TABLE credential (
    account BLOB PRIMARY KEY,
    -- In the PHC format.
    password TEXT NOT NULL,
    -- Counts the account's passwords, from 1 on.
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Recovery codes that were not used yet: SHA-256 of each.
CREATE TABLE recovery_code (
    account BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;
