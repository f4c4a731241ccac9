-- Who is gone is read too: by the API, the console, and reports.

CREATE VIEW read.gone_accounts WITH (security_invoker = true) AS
SELECT vendor, account, said_at, said_by, reason FROM reconciliation.gone_account;
COMMENT ON VIEW read.gone_accounts IS
    'A row is one account that somebody said to be gone at its vendor for good. It goes when the vendor shows the account again.
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.gone_accounts.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.gone_accounts.account IS
    'Id of the account (a tenant, a customer) where the vendor had it.';
COMMENT ON COLUMN read.gone_accounts.said_at IS
    'When somebody said so, in UTC.';
COMMENT ON COLUMN read.gone_accounts.said_by IS
    'Who said so.';
COMMENT ON COLUMN read.gone_accounts.reason IS
    'Why, as they said.';

GRANT SELECT ON reconciliation.gone_account, read.gone_accounts TO seatledger_api;
ALTER TABLE reconciliation.gone_account ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON reconciliation.gone_account FOR SELECT TO seatledger_api
    USING ((SELECT store.sees_all()));
