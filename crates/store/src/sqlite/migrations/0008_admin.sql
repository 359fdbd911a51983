-- What those who run the server have decided, one row for each subject. Lifted, it goes.
CREATE TABLE ruling (
    -- 1 entrance, 2 network, 3 account, 4 conversation, 5 key, 6 managed account, 7 expiry of a device.
    kind INTEGER NOT NULL,
    -- The subject as bytes; of an expiry first its time, so that the next one comes first.
    subject BLOB NOT NULL,
    -- When it was made, in milliseconds since 1970.
    since INTEGER NOT NULL,
    -- Until when it holds; null if until it is lifted.
    until INTEGER,
    -- Of a key: what it is called, its id, and when it was last used, to the hour. SHA-256 of its secret is its subject.
    name TEXT,
    key BLOB,
    seen INTEGER,
    -- Of an expiry: whose device it is.
    account BLOB,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
