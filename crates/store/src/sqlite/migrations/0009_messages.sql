-- In `event`, the detail of a message (kind 1) is what it has beside its text, as JSON. Kinds: 27 edit (its text stands in the row of
-- its message), 28 reaction, 29 pin.

-- What others have added to a message; one that nobody has reacted to or pinned has no row.
CREATE TABLE mark (
    conversation BLOB NOT NULL,
    seq INTEGER NOT NULL,
    -- The reactions that all may see, as JSON: [[emoji, count], …].
    reactions TEXT NOT NULL,
    -- Row, position and time of its pinning; null if it is not pinned.
    pinned INTEGER,
    pinned_pos INTEGER,
    pinned_at INTEGER,
    -- The last row that has changed it.
    changed INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX mark_pinned ON mark (conversation, pinned) WHERE pinned IS NOT NULL;

-- Who reacts to what with what. Those that are hidden only the account sees.
CREATE TABLE reaction (
    account BLOB NOT NULL,
    conversation BLOB NOT NULL,
    seq INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    -- The row that says so, its position and time.
    by_seq INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    at INTEGER NOT NULL,
    hidden INTEGER NOT NULL,
    PRIMARY KEY (account, conversation, seq, emoji)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX reaction_of ON reaction (conversation, seq, account, emoji);

-- Who is named in which message by another, each once; and the messages that name everybody.
CREATE TABLE mention (
    account BLOB NOT NULL,
    conversation BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (account, conversation, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX mention_of ON mention (conversation, seq);
CREATE TABLE mention_all (
    conversation BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;
