-- What a column means is said in SQLite's step of the same name.
ALTER TABLE member ADD COLUMN request boolean NOT NULL DEFAULT false;

CREATE TABLE block (
    account bytea NOT NULL,
    blocked bytea NOT NULL,
    PRIMARY KEY (account, blocked)
);
