CREATE TABLE IF NOT EXISTS said (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS files (
    id        INTEGER PRIMARY KEY,
    path      TEXT NOT NULL UNIQUE,
    size      INTEGER NOT NULL,
    modified  INTEGER NOT NULL,
    identity  TEXT NOT NULL,
    folded    TEXT NOT NULL,
    seen      INTEGER NOT NULL,   -- the survey that saw it last
    collided  TEXT,               -- why it cannot lie beside another; NULL: it can
    kind      TEXT,               -- image, sidecar, out; NULL: not looked into yet
    known     TEXT,               -- what it was found to be (JSON), or why it is left out
    specimen  TEXT,               -- the number of its specimen, as it is written
    matched   TEXT,               -- its record (JSON)
    together  TEXT,               -- what it must share a bag with; NULL: nothing
    bag       INTEGER,
    digests   TEXT                -- of a sidecar, once it is in a bag (JSON)
);

-- Folders that hold accepted files, by the name that a case-blind system compares.
CREATE TABLE IF NOT EXISTS folders (folded TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS left_out (path TEXT NOT NULL, because TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS bags (
    number   INTEGER PRIMARY KEY,
    bytes    INTEGER NOT NULL,
    files    INTEGER NOT NULL
);

-- What was begun for a bag of exactly those files, whatever its number is now.
CREATE TABLE IF NOT EXISTS begun (
    identity   TEXT PRIMARY KEY,
    package_id TEXT NOT NULL,
    held_in    TEXT,               -- the store of a copy that is good; NULL: not known yet
    was_held   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS orphans (kind TEXT NOT NULL, told TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS findings (code TEXT NOT NULL, sentence TEXT NOT NULL);
