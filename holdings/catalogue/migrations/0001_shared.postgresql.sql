-- What a file has beside it, a database that machines share has in it: the image indexes, as they lie in
-- the stores. Compressed already; so they are kept as they are.
CREATE TABLE indexes (
    package_id VARCHAR PRIMARY KEY,
    parquet    BYTEA NOT NULL
);
ALTER TABLE indexes ALTER COLUMN parquet SET STORAGE EXTERNAL;

-- Another number after each change, so that a machine knows whether what it was told still stands.
CREATE TABLE revision (number BIGINT NOT NULL);
INSERT INTO revision SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT;

CREATE INDEX events_by_package ON events (package_id, event_id);
CREATE INDEX events_by_type ON events (event_type, event_id);
CREATE INDEX copies_by_store ON copies (store, package_id);
CREATE INDEX packages_by_collection ON packages (collection, package_id);
CREATE INDEX objects_by_key ON objects (key, package_id);
