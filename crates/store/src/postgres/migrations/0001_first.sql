-- One row for each event of the log. What a column means is said in SQLite's first step; the checksums are equal too.
CREATE TABLE event (
    pos bigint PRIMARY KEY,
    topic bytea NOT NULL,
    seq bigint NOT NULL,
    kind smallint NOT NULL,
    at bigint NOT NULL,
    sender bytea,
    n bigint,
    client_id bytea,
    hash bytea,
    target bigint,
    deleted_by bigint,
    text text,
    detail text,
    checksum integer NOT NULL
);
-- The timelines. The position lies in the index, so that catching up reads no row that it does not send.
CREATE UNIQUE INDEX event_topic ON event (topic, seq) INCLUDE (pos);
CREATE UNIQUE INDEX event_sent ON event (client_id, sender) WHERE client_id IS NOT NULL;

-- One row: whoever appends holds its lock. Nearly empty pages, so that a changed row finds room beside its predecessor.
CREATE TABLE head (
    id integer PRIMARY KEY CHECK (id = 1),
    -- Last position of the log.
    pos bigint NOT NULL,
    -- Position of the last event that is neither a message nor a deletion: up to there, what a writer remembers of accounts,
    -- devices, rooms and members may be old.
    changed bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO head (id, pos, changed) VALUES (1, 0, 0);

-- The latest batches: their last position and a random id, by which a writer whose commit was not answered finds out
-- whether it was stored.
CREATE TABLE batch (
    pos bigint PRIMARY KEY,
    id bytea NOT NULL
);

CREATE TABLE account (
    id bytea PRIMARY KEY,
    name text NOT NULL,
    lookalike boolean NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE device (
    id bytea PRIMARY KEY,
    account bytea NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    place bigint NOT NULL
) WITH (fillfactor = 80);

-- The key's order is that of its bytes, whatever a later version of the system's locales says.
CREATE TABLE conversation (
    id bytea PRIMARY KEY,
    kind smallint NOT NULL,
    slug text NOT NULL,
    slug_key text COLLATE "C" NOT NULL UNIQUE,
    owner bytea NOT NULL
);

CREATE TABLE member (
    account bytea NOT NULL,
    conversation bytea NOT NULL,
    role smallint NOT NULL,
    since bigint NOT NULL,
    visible_from bigint NOT NULL,
    PRIMARY KEY (account, conversation)
);

CREATE TABLE idempotency (
    key bytea PRIMARY KEY,
    hash bytea NOT NULL,
    account bytea NOT NULL,
    device bytea NOT NULL,
    salt bytea NOT NULL,
    expires bigint NOT NULL
);
CREATE INDEX idempotency_expires ON idempotency (expires);

CREATE TABLE epoch (
    number bigint PRIMARY KEY,
    first bigint NOT NULL,
    id bytea NOT NULL
);

CREATE TABLE installation (
    id integer PRIMARY KEY CHECK (id = 1),
    cursor_key bytea NOT NULL,
    hash_key bytea NOT NULL,
    token_key bytea NOT NULL,
    -- What tells the database from a copy, a restored one, and the one before a failover.
    incarnation text NOT NULL
);
