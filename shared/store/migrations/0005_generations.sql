-- Replays: generations that are built beside the live one, and what is known of how far that is.

CREATE FUNCTION store.identity(source text, id text) RETURNS uuid IMMUTABLE PARALLEL SAFE
    RETURN encode(substring(sha256(convert_to(source || E'\x01' || id, 'UTF8')) FOR 16), 'hex')::uuid;
COMMENT ON FUNCTION store.identity(text, text) IS 'What an event is known by: from its source and its id, which are unique together';

ALTER TABLE store.generation DROP CONSTRAINT generation_status_check;
ALTER TABLE store.generation ADD CONSTRAINT generation_status_check
    CHECK (status IN ('live', 'catching_up', 'kept', 'building', 'as_of'));
ALTER TABLE store.generation ADD COLUMN drop_after timestamptz;
COMMENT ON COLUMN store.generation.status IS
    'live: what readers see. catching_up and kept: projected beside it. building: a replay is making it. as_of: of a moment, projected by nobody';
COMMENT ON COLUMN store.generation.drop_after IS 'When a kept generation is dropped by itself; null: when it is asked for';
