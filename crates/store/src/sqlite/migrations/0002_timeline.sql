-- The timelines: where each row of a topic stands in the log. New rows are found in memory at first and come in here many
-- at a time, in order of the topic, so that rows of one topic fall into one page.
CREATE TABLE timeline (
    topic BLOB NOT NULL,
    seq INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    PRIMARY KEY (topic, seq)
) STRICT, WITHOUT ROWID;

-- One row: how far that has come.
CREATE TABLE fold (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- Every event up to this position is in the timelines.
    done INTEGER NOT NULL,
    -- The events after `done` and up to this position are coming in now, in order of (topic, seq) …
    until INTEGER NOT NULL,
    -- … and so many of them are in.
    folded INTEGER NOT NULL
) STRICT;

-- Read from the index alone, which has the same order.
INSERT INTO timeline (topic, seq, pos) SELECT topic, seq, pos FROM event INDEXED BY event_topic ORDER BY topic, seq;
DROP INDEX event_topic;
INSERT INTO fold (id, done, until, folded)
    SELECT 1, coalesce(max(pos), 0), coalesce(max(pos), 0), 0 FROM event;
