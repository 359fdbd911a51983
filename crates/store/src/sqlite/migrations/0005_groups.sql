-- Who is in a conversation; and how many, in `conversation`.
CREATE UNIQUE INDEX member_of ON member (conversation, account);

-- Anew, for only rooms have slugs. What is new of a conversation that was there before is as in one that is made now.
CREATE TABLE conversation_new (
    id BLOB PRIMARY KEY,
    -- 1 room, 2 group.
    kind INTEGER NOT NULL,
    -- Of a room.
    slug TEXT,
    slug_key TEXT UNIQUE,
    owner BLOB NOT NULL,
    -- Null in a room that is called by its slug.
    title TEXT,
    topic TEXT NOT NULL,
    -- Truths: whether it stands in the list of rooms, only those who run it write, and new members see what was before.
    listed INTEGER NOT NULL,
    locked INTEGER NOT NULL,
    history_visible INTEGER NOT NULL,
    slow_mode_seconds INTEGER NOT NULL,
    -- Counts the changes of these.
    version INTEGER NOT NULL,
    -- Members now.
    members INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO conversation_new
    SELECT id, kind, slug, slug_key, owner, NULL, '', 0, 0, 1, 0, 1,
        (SELECT count(*) FROM member WHERE conversation = id)
    FROM conversation;
DROP TABLE conversation;
ALTER TABLE conversation_new RENAME TO conversation;
CREATE INDEX conversation_listed ON conversation (slug_key) WHERE listed <> 0;
-- An account's groups, but for those that everybody has left.
CREATE INDEX conversation_owned ON conversation (owner) WHERE kind = 2 AND members > 0;

-- Conversations that the account is in now.
ALTER TABLE account ADD COLUMN conversations INTEGER NOT NULL DEFAULT 0;
UPDATE account SET conversations = (SELECT count(*) FROM member WHERE account = id);

-- What holds for an account in a conversation whether it is in it or not.
CREATE TABLE restriction (
    conversation BLOB NOT NULL,
    account BLOB NOT NULL,
    -- Truths: kept out; comes in to read only.
    banned INTEGER NOT NULL,
    read_only INTEGER NOT NULL,
    -- Writes nothing until then, in milliseconds since 1970; 0 if it may.
    muted_until INTEGER NOT NULL,
    -- When it last wrote while the slow mode was on, in milliseconds since 1970; 0 if it has not.
    wrote_at INTEGER NOT NULL,
    PRIMARY KEY (conversation, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX restriction_banned ON restriction (conversation, account) WHERE banned <> 0;

-- Links by which one comes into a group. One that is used up, expired or revoked goes.
CREATE TABLE invite (
    id BLOB PRIMARY KEY,
    -- SHA-256 of the token, which is kept nowhere.
    token_hash BLOB NOT NULL UNIQUE,
    conversation BLOB NOT NULL,
    maker BLOB NOT NULL,
    -- Milliseconds since 1970; null if it does not expire.
    expires INTEGER,
    -- So many more may come; null if any number may.
    uses INTEGER,
    made INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX invite_of ON invite (conversation, id);
