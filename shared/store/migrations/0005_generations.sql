-- Replays: generations that are built beside the live one, and what is known of how far that is.

CREATE FUNCTION store.identity(source text, id text) RETURNS uuid IMMUTABLE PARALLEL SAFE
    RETURN encode(substring(sha256(convert_to(source || E'\x01' || id, 'UTF8')) FOR 16), 'hex')::uuid;
COMMENT ON FUNCTION store.identity(text, text) IS 'What an event is known by: from its source and its id, which are unique together';

ALTER TABLE store.generation DROP CONSTRAINT generation_status_check;
ALTER TABLE store.generation ADD CONSTRAINT generation_status_check
    CHECK (status IN ('live', 'catching_up', 'kept', 'building', 'as_of', 'dropping'));
ALTER TABLE store.generation ADD COLUMN drop_after timestamptz;
COMMENT ON COLUMN store.generation.status IS
    'live: what readers see. catching_up and kept: projected beside it. building: a replay is making it. as_of: of a moment, projected by nobody. dropping: on its way out';
COMMENT ON COLUMN store.generation.drop_after IS 'When a kept generation is dropped by itself; null: when it is asked for';

CREATE TABLE store.rebuild (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose     text NOT NULL CHECK (purpose IN ('replay', 'verify', 'as_of')),
    projections text[] NOT NULL,
    until       timestamptz,
    buckets     integer NOT NULL,
    folder      text NOT NULL,
    indexes     jsonb NOT NULL DEFAULT '{}',
    spooled_at  timestamptz,
    loaded_at   timestamptz,
    started_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE store.rebuild IS
    'Rebuilds that go on, or that died and can go on: what they build, where they keep what they read, how far they are';
COMMENT ON COLUMN store.rebuild.indexes IS 'What tables of the new generations have to get when they are full, by schema';

CREATE TABLE store.rebuild_bucket (
    rebuild bigint NOT NULL REFERENCES store.rebuild ON DELETE CASCADE,
    bucket  text NOT NULL,
    events  integer NOT NULL,
    PRIMARY KEY (rebuild, bucket)
);
COMMENT ON TABLE store.rebuild_bucket IS 'The parts of a rebuild that are in the tables of the new generations';

ALTER TABLE store.generation ADD COLUMN rebuild bigint;
COMMENT ON COLUMN store.generation.rebuild IS 'Of a generation that is being built: by which rebuild';
