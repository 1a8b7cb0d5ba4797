-- Moments are UTC. Images are not here: they are Parquet files beside the database (index/).

CREATE TABLE catalogue (
    catalogue_id VARCHAR NOT NULL
);

CREATE TABLE packages (
    package_id VARCHAR PRIMARY KEY,
    kind       VARCHAR NOT NULL,
    collection VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    images     BIGINT NOT NULL CHECK (images >= 0)
);

CREATE TABLE objects (
    package_id VARCHAR NOT NULL,
    key        VARCHAR NOT NULL,
    size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
    sha256     VARCHAR NOT NULL,
    PRIMARY KEY (package_id, key)
);

CREATE TABLE copies (
    package_id  VARCHAR NOT NULL,
    store       VARCHAR NOT NULL,
    status      VARCHAR NOT NULL,
    verified_at TIMESTAMP,
    made_by     VARCHAR NOT NULL,
    PRIMARY KEY (package_id, store)
);

-- Append-only: nothing in Holdfast updates or deletes a row of it.
CREATE TABLE events (
    event_id    VARCHAR PRIMARY KEY,
    happened_at TIMESTAMP NOT NULL,
    event_type  VARCHAR NOT NULL,
    package_id  VARCHAR NOT NULL,
    store       VARCHAR,
    agent       VARCHAR NOT NULL,
    outcome     VARCHAR NOT NULL,
    run         VARCHAR NOT NULL,
    detail      VARCHAR NOT NULL
);
