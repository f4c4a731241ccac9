-- The tables that every generation has, beside those of its service. Run with search_path set to its schema.
-- `state` and the service's own tables are a function of facts and clock; what says "bookkeeping" depends on arrival.

CREATE TABLE position (
    topic text NOT NULL, partition integer NOT NULL, next bigint NOT NULL,
    last_offset bigint, last_identity text,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE position IS
    'How far the log has been read: moved by compare-and-set in the transaction of the batch. Bookkeeping';

CREATE TABLE clock (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), at timestamptz NOT NULL);
COMMENT ON TABLE clock IS 'The moment as of which rows stand; moves forward only';

CREATE TABLE anchor (scope text NOT NULL, scope_id text NOT NULL, PRIMARY KEY (scope, scope_id));
COMMENT ON TABLE anchor IS 'One row for each thing that facts are about: what a batch locks before it reads';

CREATE TABLE event (
    identity uuid PRIMARY KEY, fingerprint bytea NOT NULL,
    topic text NOT NULL, partition integer NOT NULL, "offset" bigint NOT NULL
);
COMMENT ON TABLE event IS
    'Events that were taken in: a second one with the same source and id is a duplicate, or dead when its content differs';
COMMENT ON COLUMN event.identity IS 'store.identity(source, id)';

CREATE TABLE fact (
    scope text NOT NULL, scope_id text NOT NULL, source text NOT NULL, id text NOT NULL,
    type text NOT NULL, time text NOT NULL, sequence bigint NOT NULL, body json NOT NULL,
    PRIMARY KEY (scope, scope_id, source, id)
);
COMMENT ON TABLE fact IS 'What events say about one thing each, as they came in one by one';
COMMENT ON COLUMN fact.time IS 'When it became known: an instant with its offset, or a civil date';

-- A row a fact would be most of what a replay writes. What it finds in the log it keeps in a row a thing.
CREATE TABLE packed_fact (
    scope text NOT NULL, scope_id text NOT NULL, facts bytea NOT NULL,
    PRIMARY KEY (scope, scope_id)
);
ALTER TABLE packed_fact ALTER COLUMN facts SET STORAGE EXTERNAL;
COMMENT ON TABLE packed_fact IS
    'What events say about one thing, as a replay found it: lines of JSON, by turns [source, id, type, time, sequence] and the body';

CREATE VIEW facts WITH (security_invoker = true) AS
SELECT scope, scope_id, source, id, type, time, sequence, body::text AS body FROM fact
UNION ALL
SELECT scope, scope_id, head ->> 0, head ->> 1, head ->> 2, head ->> 3, (head ->> 4)::bigint, body
FROM packed_fact, LATERAL (
    SELECT line::json AS head, lead(line) OVER (ORDER BY place) AS body, place
    FROM string_to_table(convert_from(facts, 'UTF8'), E'\n') WITH ORDINALITY AS lines (line, place)
) AS pairs
WHERE place % 2 = 1;
COMMENT ON VIEW facts IS 'All facts, a row each, for people; programs read the two tables';

CREATE SEQUENCE touched;
CREATE TABLE state (
    scope text NOT NULL, scope_id text NOT NULL, state bytea NOT NULL, depends_on text[] NOT NULL,
    next_change_at timestamptz, touched bigint NOT NULL DEFAULT nextval('touched'),
    PRIMARY KEY (scope, scope_id)
);
COMMENT ON TABLE state IS 'The fold of the facts of one thing';
COMMENT ON COLUMN state.touched IS 'Grows whenever the thing is folded again: finds what changed since. Bookkeeping';
CREATE INDEX state_next_change ON state (next_change_at) WHERE next_change_at IS NOT NULL;
CREATE INDEX state_touched ON state (scope, touched);

CREATE TABLE dependency (
    scope text NOT NULL, scope_id text NOT NULL, dependent_scope text NOT NULL, dependent_id text NOT NULL,
    PRIMARY KEY (scope, scope_id, dependent_scope, dependent_id)
);
COMMENT ON TABLE dependency IS
    'Which things have to be folded again when something is said about a product, a customer or a reseller. Bookkeeping';

CREATE SEQUENCE asked;
CREATE TABLE recompute_queue (
    scope text NOT NULL, scope_id text NOT NULL, asked bigint NOT NULL DEFAULT nextval('asked'),
    PRIMARY KEY (scope, scope_id)
);
COMMENT ON TABLE recompute_queue IS 'Things to be folded again; asking again while one is being folded keeps its row';

CREATE TABLE pending (
    scope text NOT NULL, scope_id text NOT NULL, since timestamptz NOT NULL, facts integer NOT NULL,
    PRIMARY KEY (scope, scope_id)
);
COMMENT ON TABLE pending IS
    'Things with facts but nothing yet that brings them into being; since when, by the log. Bookkeeping';

CREATE TABLE parked (
    scope text NOT NULL, scope_id text NOT NULL, reason text NOT NULL, since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, scope_id)
);
COMMENT ON TABLE parked IS
    'Things whose handler failed: their facts go on being stored and their rows stand until they are retried. Bookkeeping';
