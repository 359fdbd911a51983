-- What a table or column means is said in SQLite's step of the same name.
CREATE TABLE keyed (
    topic bytea NOT NULL,
    key bytea NOT NULL,
    pos bigint NOT NULL,
    version bigint NOT NULL,
    at bigint NOT NULL,
    value text NOT NULL,
    checksum integer NOT NULL,
    PRIMARY KEY (topic, key)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX keyed_pos ON keyed (topic, pos);

CREATE TABLE replaced (
    at bigint NOT NULL,
    pos bigint NOT NULL,
    PRIMARY KEY (at, pos)
);

CREATE TABLE compaction (
    id integer PRIMARY KEY CHECK (id = 1),
    upto bigint NOT NULL,
    removed bigint NOT NULL,
    dropped bigint NOT NULL
);

ALTER TABLE member ADD COLUMN from_seq bigint NOT NULL DEFAULT 1;
UPDATE member SET from_seq =
    1 + coalesce((SELECT seq FROM event WHERE topic = member.conversation ORDER BY seq DESC LIMIT 1), 0);
