-- Who is at work on which package. Not history: a rebuild forgets it, and nothing is unsafe for that.

CREATE TABLE leases (
    package_id VARCHAR NOT NULL,
    holder     VARCHAR NOT NULL,
    purpose    VARCHAR NOT NULL,
    until      TIMESTAMP NOT NULL,
    PRIMARY KEY (package_id, holder)
);
