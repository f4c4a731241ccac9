-- The write model of reconciliation: looks at vendors' accounts, and the last comparison. It stands outside the
-- generations and no projector writes it; a replay never touches it.

CREATE SCHEMA IF NOT EXISTS reconciliation;

CREATE TABLE reconciliation.account (
    vendor text NOT NULL,
    account text NOT NULL,
    name text NOT NULL,
    domain text,
    looked_at timestamptz NOT NULL,
    failed text,
    hinted boolean NOT NULL,
    snapshot text,
    digest bytea,
    PRIMARY KEY (vendor, account)
);
COMMENT ON TABLE reconciliation.account IS
    'A row is one account of a vendor as it was last looked at. failed says why it was not observed; hinted that a hint of the vendor''s led there and no sweep since. snapshot is the id of the event that says what it holds, digest that of its content: an event is written only when that is another.';

CREATE TABLE reconciliation.sweep (
    sweep bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vendor text NOT NULL,
    began_at timestamptz NOT NULL,
    finished_at timestamptz,
    by text NOT NULL,
    accounts integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE reconciliation.sweep IS
    'A row is one look at all accounts of a vendor. One that was interrupted has no finished_at, and is taken up by the next.';

CREATE TABLE reconciliation.swept_account (
    sweep bigint NOT NULL REFERENCES reconciliation.sweep ON DELETE CASCADE,
    account text NOT NULL,
    PRIMARY KEY (sweep, account)
);
COMMENT ON TABLE reconciliation.swept_account IS
    'Which accounts a sweep that goes on has looked at; its rows go when it is finished.';

CREATE TABLE reconciliation.comparison (
    vendor text PRIMARY KEY,
    at timestamptz NOT NULL,
    rows integer NOT NULL,
    findings integer NOT NULL,
    not_comparable integer NOT NULL
);
COMMENT ON TABLE reconciliation.comparison IS
    'A row is the last comparison with one vendor. It is locked by who compares: one comparison of a vendor at a time.';

CREATE TABLE reconciliation.compared (
    vendor text NOT NULL,
    row text NOT NULL,
    verdicts text[] NOT NULL,
    subscription text,
    vendor_subscription text,
    account text,
    customer text,
    reseller text,
    product text,
    product_key text,
    name text,
    is_addon boolean NOT NULL,
    is_trial boolean NOT NULL,
    ours_quantity integer,
    ours_status text,
    theirs_quantity integer,
    theirs_status text,
    raw_status text,
    warnings text[] NOT NULL,
    reason text,
    candidates text[] NOT NULL,
    snapshot text NOT NULL,
    looked_at timestamptz,
    told_until timestamptz,
    PRIMARY KEY (vendor, row)
);
CREATE INDEX compared_about ON reconciliation.compared (vendor, lower(coalesce(subscription, vendor_subscription)));
CREATE INDEX compared_subscription ON reconciliation.compared (subscription);
CREATE INDEX compared_account ON reconciliation.compared (vendor, account);
CREATE INDEX compared_verdicts ON reconciliation.compared USING gin (verdicts);
COMMENT ON TABLE reconciliation.compared IS
    'A row is one subscription or add-on of the last comparison with a vendor, of either side or of both.';

CREATE TABLE reconciliation.vendor_task (
    task uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('provision', 'change_quantity')),
    vendor text NOT NULL,
    account text,
    customer text,
    subscription text NOT NULL,
    vendor_subscription text,
    wanted jsonb NOT NULL,
    snapshot text,
    by text NOT NULL,
    asked_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    ended_at timestamptz,
    error text
);
CREATE INDEX vendor_task_waiting ON reconciliation.vendor_task (next_at) WHERE state = 'waiting';
CREATE INDEX vendor_task_subscription ON reconciliation.vendor_task (subscription);
COMMENT ON TABLE reconciliation.vendor_task IS
    'A row is something that a vendor is to do: its id goes along with the request, so asked twice it is done once. One that failed says why, and can be tried again.';

CREATE VIEW read.reconciliation WITH (security_invoker = true) AS
SELECT vendor, row, verdicts, subscription, vendor_subscription, account, customer, reseller, product, product_key, name,
    is_addon, is_trial, ours_quantity, ours_status, theirs_quantity, theirs_status, raw_status, warnings, reason,
    candidates, snapshot, looked_at, told_until
FROM reconciliation.compared;
COMMENT ON VIEW read.reconciliation IS
    'A row is one subscription or add-on as the last comparison with its vendor found it: what both sides have, and the verdict. reason says why one is not comparable, candidates what on the other side it may be the same as';

GRANT USAGE ON SCHEMA reconciliation TO seatledger_api;
GRANT SELECT ON reconciliation.compared, read.reconciliation TO seatledger_api;
ALTER TABLE reconciliation.compared ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON reconciliation.compared FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR reseller = (SELECT store.sees_as('reseller'))
);
