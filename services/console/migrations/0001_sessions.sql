-- Who is signed in to the console. Its cookie has the secret that opens `sealed`, the token of the APIs that was signed
-- in with: neither this table nor its backups let anybody in.
CREATE SCHEMA console;
CREATE TABLE console.session (
    digest     bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    sealed     bytea NOT NULL,
    csrf       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX session_expires ON console.session (expires_at);
COMMENT ON TABLE console.session IS 'One row a session of the console; digest is the SHA-256 of the secret in its cookie';
