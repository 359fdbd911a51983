-- Accounts that sign in with a user name, and their devices. What a column means is said in SQLite's fourth step.
ALTER TABLE account ADD COLUMN username text COLLATE "C";
ALTER TABLE account ADD COLUMN about text NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN color smallint;
CREATE UNIQUE INDEX account_username ON account (username) WHERE username IS NOT NULL;

ALTER TABLE device ADD COLUMN name text;
ALTER TABLE device ADD COLUMN created_at bigint NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN seen_at bigint NOT NULL DEFAULT 0;
UPDATE device SET
    created_at = coalesce((SELECT at FROM event WHERE topic = device.account AND seq = 1), 0),
    seen_at = coalesce((SELECT at FROM event ORDER BY pos DESC LIMIT 1), 0);
CREATE INDEX device_account ON device (account);
CREATE INDEX device_seen ON device (seen_at);

CREATE TABLE credential (
    account bytea PRIMARY KEY,
    password text NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE recovery_code (
    account bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (account, hash)
);
