-- Hints that vendors post, and what the API shows beside the comparison: accounts as last looked at, sweeps, tasks.

CREATE TABLE reconciliation.hint (
    vendor text NOT NULL,
    account text NOT NULL,
    at timestamptz NOT NULL,
    what text NOT NULL,
    received_at timestamptz NOT NULL,
    looked_at timestamptz,
    PRIMARY KEY (vendor, account, at, what)
);
CREATE INDEX hint_waiting ON reconciliation.hint (vendor, account) WHERE looked_at IS NULL;
COMMENT ON TABLE reconciliation.hint IS
    'A row is one thing that a vendor said to have happened in an account, and when; delivered again it is the same one. looked_at is when the account was looked at because of it.';

CREATE VIEW read.vendor_looks WITH (security_invoker = true) AS
SELECT vendor, account, name, domain, looked_at, failed, hinted, snapshot
FROM reconciliation.account;
COMMENT ON VIEW read.vendor_looks IS
    'A row is one account of a vendor as it was last looked at. failed says why it was not observed; hinted that a hint of the vendor''s led there and no sweep since';

CREATE VIEW read.sweeps WITH (security_invoker = true) AS
SELECT sweep, vendor, began_at, finished_at, by, accounts, failed
FROM reconciliation.sweep;
COMMENT ON VIEW read.sweeps IS
    'A row is one look at all accounts of a vendor: how many there were, and how many of them failed. One without finished_at goes on, or was interrupted';

CREATE VIEW read.vendor_tasks WITH (security_invoker = true) AS
SELECT task, kind, vendor, account, customer, subscription, vendor_subscription, (wanted->>'quantity')::integer AS quantity,
    snapshot, by, asked_at, state, attempts, next_at, ended_at, error
FROM reconciliation.vendor_task;
COMMENT ON VIEW read.vendor_tasks IS
    'A row is something that a vendor is to do: waiting, done, or failed with the reason in error';

-- Why something is not comparable, and what it may be the same as, names subscriptions and accounts of others.
CREATE OR REPLACE VIEW read.reconciliation WITH (security_invoker = true) AS
SELECT vendor, row, verdicts, subscription, vendor_subscription, account, customer, reseller, product, product_key, name,
    is_addon, is_trial, ours_quantity, ours_status, theirs_quantity, theirs_status, raw_status, warnings,
    CASE WHEN current_user <> 'seatledger_api' OR store.sees_all() THEN reason END AS reason,
    CASE WHEN current_user <> 'seatledger_api' OR store.sees_all() THEN candidates ELSE '{}' END AS candidates,
    snapshot, looked_at, told_until
FROM reconciliation.compared;

GRANT SELECT ON reconciliation.account, reconciliation.sweep, reconciliation.vendor_task, read.vendor_looks, read.sweeps,
    read.vendor_tasks TO seatledger_api;
ALTER TABLE reconciliation.account ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON reconciliation.account FOR SELECT TO seatledger_api USING ((SELECT store.sees_all()));
ALTER TABLE reconciliation.sweep ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON reconciliation.sweep FOR SELECT TO seatledger_api USING ((SELECT store.sees_all()));
ALTER TABLE reconciliation.vendor_task ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON reconciliation.vendor_task FOR SELECT TO seatledger_api
    USING ((SELECT store.sees_all()));
