-- What is written once and kept: our own events, the outbox, dead letters, reactions, and the list of generations.
-- Nothing here belongs to a generation; a replay does not touch it.

CREATE TABLE store.event (
    stream_id   text NOT NULL,
    sequence    bigint NOT NULL,
    id          text NOT NULL UNIQUE,
    type        text NOT NULL,
    version     integer NOT NULL,
    time        text NOT NULL,
    subject     text NOT NULL,
    source      text NOT NULL,
    data        json NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_stream UNIQUE (stream_id, sequence)
);
COMMENT ON TABLE store.event IS
    'Events that our own services decided: the write model. sequence begins at 1 and has no gap within a stream';

CREATE TABLE store.outbox (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id text NOT NULL,
    topic     text NOT NULL,
    key       bytea,
    value     bytea,
    headers   jsonb NOT NULL,
    queued_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE store.outbox IS 'Records that Kafka has not acknowledged yet, in the order in which they go out';
CREATE INDEX outbox_stream ON store.outbox (stream_id);

CREATE TABLE store.outbox_parked (
    stream_id text PRIMARY KEY,
    reason    text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE store.outbox_parked IS 'Streams whose next record the broker can never take, with the reason';

CREATE TABLE store.dead_letter (
    topic     text NOT NULL,
    partition integer NOT NULL,
    "offset"  bigint NOT NULL,
    reason    text NOT NULL,
    key       bytea,
    value     bytea,
    headers   jsonb NOT NULL,
    logged_at timestamptz NOT NULL,
    found_by  text NOT NULL,
    found_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset")
);
COMMENT ON TABLE store.dead_letter IS
    'Records that could not be taken in: where they lie in the log, why, and their untouched bytes';
COMMENT ON COLUMN store.dead_letter.headers IS 'Pairs of name and content, the content in hexadecimal, in their order';

CREATE TABLE store.reaction (
    consumer   text NOT NULL,
    source     text NOT NULL,
    event_id   text NOT NULL,
    type       text NOT NULL,
    subject    text NOT NULL,
    data       json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    done_at    timestamptz,
    attempts   integer NOT NULL DEFAULT 0,
    error      text,
    PRIMARY KEY (consumer, source, event_id)
);
COMMENT ON TABLE store.reaction IS
    'What a consumer has to do about an event, once. Rows stay when done: a replay that finds the event again adds none';
CREATE INDEX reaction_waiting ON store.reaction (consumer, created_at) WHERE done_at IS NULL;

CREATE TABLE store.generation (
    name       text NOT NULL,
    number     integer NOT NULL,
    version    integer NOT NULL,
    status     text NOT NULL CHECK (status IN ('live', 'catching_up', 'kept')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, number)
);
COMMENT ON TABLE store.generation IS
    'The generations of each projection; the tables of one lie in the schema <name>_g<number>. Readers see the live one';
CREATE UNIQUE INDEX generation_live ON store.generation (name) WHERE status = 'live';

-- json, not jsonb, for data: it keeps the text as it was, and takes an escaped NUL, which jsonb refuses.
CREATE SCHEMA IF NOT EXISTS read;
COMMENT ON SCHEMA read IS 'What dashboards and the API read: views over the live generations';
