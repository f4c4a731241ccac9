-- Who may use the APIs: tokens; and the role under which the APIs read, to which the policies of the generations apply.

CREATE TABLE store.api_token (
    id         text PRIMARY KEY,
    digest     bytea NOT NULL CHECK (octet_length(digest) = 32),
    name       text NOT NULL,
    role       text NOT NULL,
    reseller   text CHECK (reseller <> ''),
    customer   text CHECK (customer <> ''),
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    revoked_at timestamptz,
    CONSTRAINT api_token_whose CHECK (
        (role = 'reseller') = (reseller IS NOT NULL) AND (role = 'customer') = (customer IS NOT NULL)
    )
);
COMMENT ON TABLE store.api_token IS
    'Tokens of the APIs. digest is the SHA-256 of the secret, which is nowhere; without scopes a token may what its role may';

-- Roles belong to the server, not to the database: another database of it may have made this one, even at this moment.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'seatledger_api') THEN
        CREATE ROLE seatledger_api NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'seatledger_api', 'SET') THEN
        GRANT seatledger_api TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
    END IF;
END
$$;

-- The views of this schema are the only door: the schemas of the generations stay closed to the role, so that what a
-- view leaves out cannot be read from its tables.
GRANT USAGE ON SCHEMA read TO seatledger_api;

-- What a request may see is said in its transaction (set_config, local): seatledger.sees is 'all', 'reseller' or
-- 'customer', beside it seatledger.reseller or seatledger.customer. Where nothing was said nothing is seen.
CREATE FUNCTION store.sees() RETURNS text STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('seatledger.sees', true), '');

CREATE FUNCTION store.sees_as(kind text) RETURNS text STABLE PARALLEL SAFE
    RETURN CASE WHEN store.sees() = kind THEN nullif(current_setting('seatledger.' || kind, true), '') END;
COMMENT ON FUNCTION store.sees_as(text) IS
    'Of which reseller, or which customer (kind), the request is; null where it is of none';

CREATE FUNCTION store.sees_all() RETURNS boolean STABLE PARALLEL SAFE
    RETURN store.sees() = 'all';
COMMENT ON FUNCTION store.sees_all() IS 'Whether the request is of the organisation itself: it sees every row';

CREATE FUNCTION store.sees_anything() RETURNS boolean STABLE PARALLEL SAFE
    RETURN store.sees() IN ('all', 'reseller', 'customer');
COMMENT ON FUNCTION store.sees_anything() IS 'Whether the request is of anybody: what all may read';

CREATE FUNCTION store.sees_costs() RETURNS boolean STABLE PARALLEL SAFE
    RETURN current_user <> 'seatledger_api' OR store.sees_all();
COMMENT ON FUNCTION store.sees_costs() IS
    'Whether costs are shown: to the organisation itself, and to whoever reads the database without the APIs';
