CREATE TABLE presence (
    account bytea PRIMARY KEY,
    invisible boolean NOT NULL DEFAULT false,
    seen_at bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 80);
