-- CRC-32 of the row's other columns (`event_row.rs` says how), so that a bit that the disk has lost is not taken for what was
-- written. Null in rows from before this step until they change.
ALTER TABLE event ADD COLUMN checksum INTEGER;
