-- What one store holds. seq counts from 1 without gaps and is the place of the message's leaf in
-- the log, so that a row can go while its leaf stays.

CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL,    -- drawn when the store was made
    version INTEGER NOT NULL,  -- of the record written last
    messages INTEGER NOT NULL, -- that are kept
    stored INTEGER NOT NULL,   -- when the last message was
    size INTEGER NOT NULL,     -- leaves of the log's tree
    edge BLOB NOT NULL         -- its right edge, smallest subtree first
) STRICT;

-- Principals and topics, written once.
CREATE TABLE name (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE message (
    seq INTEGER PRIMARY KEY,
    stored INTEGER NOT NULL,
    keep_until INTEGER NOT NULL, -- 0: for ever
    sender INTEGER NOT NULL,     -- name.id
    topic INTEGER NOT NULL,      -- name.id
    grade INTEGER NOT NULL,      -- priority * 4 + label
    id BLOB NOT NULL,
    re BLOB,
    origin TEXT,
    sealed BLOB NOT NULL -- last, so that a walk past it does not touch it
) STRICT;

-- Ids begin with their time, so this grows at its right edge.
CREATE UNIQUE INDEX message_id ON message (id, sender);
CREATE INDEX message_re ON message (re) WHERE re IS NOT NULL;
CREATE INDEX message_origin ON message (origin, sender) WHERE origin IS NOT NULL;
-- By the hour: times that differ by a little do not scatter the writes.
CREATE INDEX message_keep ON message (keep_until / 3600000) WHERE keep_until > 0;

CREATE TABLE leaf (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL
) STRICT;

-- The lowest seq that was stored within an hour: where a walk from a time begins.
CREATE TABLE hour (
    hour INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT;

-- The topics' retained values.
CREATE TABLE last (
    topic INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    id BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE TABLE record (
    bucket TEXT NOT NULL,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

-- Blobs that are whole. `chunks` is the number that they had as a part.
CREATE TABLE blob (
    sha256 BLOB PRIMARY KEY,
    chunks INTEGER NOT NULL,
    size INTEGER NOT NULL,
    idle_since INTEGER NOT NULL -- when the last message that named it went; 0: one names it
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_idle ON blob (idle_since) WHERE idle_since > 0;

-- Blobs on their way, each principal's own.
CREATE TABLE blob_part (
    chunks INTEGER PRIMARY KEY AUTOINCREMENT,
    principal TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    whole INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hashing BLOB NOT NULL, -- the state of SHA-256 so far
    touched INTEGER NOT NULL,
    UNIQUE (principal, sha256)
) STRICT;
CREATE INDEX blob_part_touched ON blob_part (touched);

CREATE TABLE blob_chunk (
    number INTEGER PRIMARY KEY,
    chunks INTEGER NOT NULL,
    at INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX blob_chunk_at ON blob_chunk (chunks, at);

-- Which stored messages name a blob, whether it is here or not.
CREATE TABLE blob_named (
    sha256 BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (sha256, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_named_seq ON blob_named (seq);
