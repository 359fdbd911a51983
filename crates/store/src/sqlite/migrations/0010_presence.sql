-- What is kept of an account's presence; who never was there has no row.
CREATE TABLE presence (
    account BLOB PRIMARY KEY,
    -- A truth: whether it shows nothing of itself.
    invisible INTEGER NOT NULL DEFAULT 0,
    -- When it was last there for others to see, in milliseconds since 1970; 0 if nobody knows.
    seen_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
