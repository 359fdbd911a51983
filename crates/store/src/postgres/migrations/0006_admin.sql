-- What a column means is said in SQLite's step of the same name.
CREATE TABLE ruling (
    kind smallint NOT NULL,
    subject bytea NOT NULL,
    since bigint NOT NULL,
    until bigint,
    name text,
    key bytea,
    seen bigint,
    account bytea,
    PRIMARY KEY (kind, subject)
);
