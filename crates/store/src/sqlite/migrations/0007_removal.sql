-- Accounts that are no more: null; 1 deleted, 2 a guest whom nobody has seen for long. The user name of one stays, so that nobody
-- else takes it.
ALTER TABLE account ADD COLUMN removed INTEGER;
-- Guests, who are looked through for those whom nobody has seen.
CREATE INDEX account_guest ON account (id) WHERE username IS NULL AND removed IS NULL;

-- Removals that are not done: what is still there goes in steps.
CREATE TABLE removal (
    account BLOB PRIMARY KEY,
    -- All that the account has sent up to this client id is empty.
    after BLOB NOT NULL DEFAULT x''
) STRICT, WITHOUT ROWID;

-- The row of a conversation that says that all messages of a deleted account are emptied.
CREATE TABLE erased (
    conversation BLOB NOT NULL,
    account BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (conversation, account)
) STRICT, WITHOUT ROWID;

-- What an account has sent lies together.
DROP INDEX event_sent;
CREATE UNIQUE INDEX event_sent ON event (sender, client_id) WHERE client_id IS NOT NULL;

-- Groups and rooms of an account.
CREATE INDEX conversation_of ON conversation (owner) WHERE kind IN (1, 2);
