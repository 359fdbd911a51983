-- What a table or column means is said in SQLite's step of the same name. The emojis are compared as bytes.
CREATE TABLE mark (
    conversation bytea NOT NULL,
    seq bigint NOT NULL,
    reactions text NOT NULL,
    pinned bigint,
    pinned_pos bigint,
    pinned_at bigint,
    changed bigint NOT NULL,
    PRIMARY KEY (conversation, seq)
);
CREATE UNIQUE INDEX mark_pinned ON mark (conversation, pinned) WHERE pinned IS NOT NULL;

CREATE TABLE reaction (
    account bytea NOT NULL,
    conversation bytea NOT NULL,
    seq bigint NOT NULL,
    emoji text COLLATE "C" NOT NULL,
    by_seq bigint NOT NULL,
    pos bigint NOT NULL,
    at bigint NOT NULL,
    hidden boolean NOT NULL,
    PRIMARY KEY (account, conversation, seq, emoji)
);
CREATE UNIQUE INDEX reaction_of ON reaction (conversation, seq, account, emoji);

CREATE TABLE mention (
    account bytea NOT NULL,
    conversation bytea NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (account, conversation, seq)
);
CREATE INDEX mention_of ON mention (conversation, seq);
CREATE TABLE mention_all (
    conversation bytea NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (conversation, seq)
);
