-- One row for each event of the log; pos is the row id, so that appending never moves a row.
CREATE TABLE event (
    pos INTEGER PRIMARY KEY,
    -- Id of the conversation or the account.
    topic BLOB NOT NULL,
    seq INTEGER NOT NULL,
    -- 1 message, 2 delete, 3 conversation created, 4 joined, 5 left, 6 guest created, 7 device removed.
    kind INTEGER NOT NULL,
    -- Milliseconds since 1970.
    at INTEGER NOT NULL,
    -- Account that wrote the row of a timeline; null in an account's topic.
    sender BLOB,
    -- Messages in the conversation up to and including this row; null in an account's topic.
    n INTEGER,
    -- Of a message.
    client_id BLOB,
    hash BLOB,
    -- Of a deletion: the row that it emptied.
    target INTEGER,
    -- Of a message: the row that emptied it.
    deleted_by INTEGER,
    -- Of a message; empty once deleted.
    text TEXT,
    -- Of an event in an account's topic: the rest, as JSON.
    detail TEXT
) STRICT;
CREATE UNIQUE INDEX event_topic ON event (topic, seq);
CREATE UNIQUE INDEX event_sent ON event (client_id, sender) WHERE client_id IS NOT NULL;

CREATE TABLE account (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    lookalike INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Signed-in devices; a device that signs out goes.
CREATE TABLE device (
    id BLOB PRIMARY KEY,
    account BLOB NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    -- The log's position up to which the device has everything.
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    id BLOB PRIMARY KEY,
    -- 1 room.
    kind INTEGER NOT NULL,
    slug TEXT NOT NULL,
    slug_key TEXT NOT NULL UNIQUE,
    owner BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    account BLOB NOT NULL,
    conversation BLOB NOT NULL,
    -- 1 owner, 2 member.
    role INTEGER NOT NULL,
    since INTEGER NOT NULL,
    visible_from INTEGER NOT NULL,
    PRIMARY KEY (account, conversation)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    key BLOB PRIMARY KEY,
    hash BLOB NOT NULL,
    account BLOB NOT NULL,
    device BLOB NOT NULL,
    salt BLOB NOT NULL,
    -- Milliseconds since 1970.
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_expires ON idempotency (expires);

-- Incarnations of the log.
CREATE TABLE epoch (
    number INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    -- Random; its first 8 bytes, big-endian, are the tag in cursors.
    id BLOB NOT NULL
) STRICT;

-- One row about the installation.
CREATE TABLE installation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    cursor_key BLOB NOT NULL,
    hash_key BLOB NOT NULL,
    token_key BLOB NOT NULL,
    -- Device and inode of the database file in the present epoch, and the program that last opened it.
    file_device INTEGER NOT NULL,
    file_inode INTEGER NOT NULL,
    program TEXT NOT NULL
) STRICT;
