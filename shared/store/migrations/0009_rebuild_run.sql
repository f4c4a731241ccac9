-- What was watched of a rebuild by who ran it only: how far it is, and what came of it.

CREATE TABLE store.rebuild_run (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose     text NOT NULL CHECK (purpose IN ('replay', 'verify', 'as_of')),
    projections text[] NOT NULL,
    until       timestamptz,
    who         text NOT NULL,
    began_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    told_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    phases      jsonb NOT NULL DEFAULT '[]',
    "left"      jsonb NOT NULL DEFAULT '[]',
    ended_at    timestamptz,
    outcome     text CHECK (outcome IN ('switched', 'built', 'same', 'differs', 'failed', 'stopped')),
    reason      text,
    generations text[] NOT NULL DEFAULT '{}',
    compared    bigint,
    differing   bigint,
    switch_ms   float8,
    differences jsonb NOT NULL DEFAULT '[]',
    totals      jsonb NOT NULL DEFAULT '[]',
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
COMMENT ON TABLE store.rebuild_run IS
    'One row a run of replay, verify or as-of, the last ones. Without ended_at it goes on, or was killed: the lock of rebuilds tells which';
COMMENT ON COLUMN store.rebuild_run.phases IS
    'What it did, in order: phase, projection, done and total (events, or steps), before (done by a run before this one), began_at, told_at';
COMMENT ON COLUMN store.rebuild_run."left" IS 'While the log is read: topic, partition and how many offsets are still to read';
COMMENT ON COLUMN store.rebuild_run.differences IS 'The first rows that differ, each with the newest events behind it; differing counts all';
