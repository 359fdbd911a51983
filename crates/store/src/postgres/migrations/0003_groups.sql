-- What a column means is said in SQLite's step of the same name.
CREATE UNIQUE INDEX member_of ON member (conversation, account);

ALTER TABLE conversation ALTER COLUMN slug DROP NOT NULL;
ALTER TABLE conversation ALTER COLUMN slug_key DROP NOT NULL;
ALTER TABLE conversation
    ADD COLUMN title text,
    ADD COLUMN topic text NOT NULL DEFAULT '',
    ADD COLUMN listed boolean NOT NULL DEFAULT false,
    ADD COLUMN locked boolean NOT NULL DEFAULT false,
    ADD COLUMN history_visible boolean NOT NULL DEFAULT true,
    ADD COLUMN slow_mode_seconds integer NOT NULL DEFAULT 0,
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN members bigint NOT NULL DEFAULT 0;
UPDATE conversation SET members = (SELECT count(*) FROM member WHERE member.conversation = conversation.id);
CREATE INDEX conversation_listed ON conversation (slug_key) WHERE listed;
CREATE INDEX conversation_owned ON conversation (owner) WHERE kind = 2 AND members > 0;

ALTER TABLE account ADD COLUMN conversations bigint NOT NULL DEFAULT 0;
UPDATE account SET conversations = (SELECT count(*) FROM member WHERE member.account = account.id);

CREATE TABLE restriction (
    conversation bytea NOT NULL,
    account bytea NOT NULL,
    banned boolean NOT NULL,
    read_only boolean NOT NULL,
    muted_until bigint NOT NULL,
    wrote_at bigint NOT NULL,
    PRIMARY KEY (conversation, account)
);
CREATE INDEX restriction_banned ON restriction (conversation, account) WHERE banned;

CREATE TABLE invite (
    id bytea PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    conversation bytea NOT NULL,
    maker bytea NOT NULL,
    expires bigint,
    uses bigint,
    made bigint NOT NULL
);
CREATE UNIQUE INDEX invite_of ON invite (conversation, id);
