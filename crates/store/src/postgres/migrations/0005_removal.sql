-- What a table or column means is said in SQLite's step of the same name.
ALTER TABLE account ADD COLUMN removed smallint;
CREATE INDEX account_guest ON account (id) WHERE username IS NULL AND removed IS NULL;

CREATE TABLE removal (
    account bytea PRIMARY KEY,
    after bytea NOT NULL DEFAULT ''
);

CREATE TABLE erased (
    conversation bytea NOT NULL,
    account bytea NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (conversation, account)
);

DROP INDEX event_sent;
CREATE UNIQUE INDEX event_sent ON event (sender, client_id) WHERE client_id IS NOT NULL;

CREATE INDEX conversation_of ON conversation (owner) WHERE kind IN (1, 2);
