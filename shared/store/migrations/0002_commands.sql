-- What handling commands needs: own events that a projection may not know yet, and what was answered to whom.

CREATE TABLE store.unprojected (
    scope       text NOT NULL,
    scope_id    text NOT NULL,
    event_id    text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, scope_id, event_id)
);
COMMENT ON TABLE store.unprojected IS
    'Own events by what they are about, until the live projection of subscriptions has them: a command is decided on both. Bookkeeping';

CREATE TABLE store.answered (
    caller      text NOT NULL,
    key         text NOT NULL,
    fingerprint bytea NOT NULL,
    answer      json NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key)
);
CREATE INDEX answered_at ON store.answered (answered_at);
COMMENT ON TABLE store.answered IS
    'What a command with an idempotency key was answered, so that the same request is answered so again; kept for a week';
