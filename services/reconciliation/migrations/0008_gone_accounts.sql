-- Accounts of which somebody said that they are gone at the vendor for good: what is billed for them is missing there,
-- where an account that merely does not answer says nothing.

CREATE TABLE reconciliation.gone_account (
    vendor text NOT NULL,
    account text NOT NULL,
    said_at timestamptz NOT NULL DEFAULT now(),
    said_by text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (vendor, account)
);
COMMENT ON TABLE reconciliation.gone_account IS
    'A row is one account that somebody said to be gone at its vendor, and why. It goes when the vendor shows the account again.';
