-- Whether a stranger began the direct chat and the member has not taken it up: a truth. In `conversation`, `kind` is 3 then, and
-- `slug_key` is `direct:` and the two accounts, the lower id first, so that each pair has one.
ALTER TABLE member ADD COLUMN request INTEGER NOT NULL DEFAULT 0;

-- Who sees nothing of what whom writes in a direct chat.
CREATE TABLE block (
    account BLOB NOT NULL,
    blocked BLOB NOT NULL,
    PRIMARY KEY (account, blocked)
) STRICT, WITHOUT ROWID;
