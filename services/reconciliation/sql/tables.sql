CREATE TABLE vendor_account (
    account_key text PRIMARY KEY,
    vendor text NOT NULL,
    account text NOT NULL,
    snapshot text NOT NULL,
    observed_at timestamptz NOT NULL,
    failed text
);

CREATE TABLE vendor_subscription (
    account_key text NOT NULL,
    vendor text NOT NULL,
    account text NOT NULL,
    vendor_subscription text NOT NULL,
    product_key text NOT NULL,
    name text,
    quantity integer NOT NULL,
    status text NOT NULL,
    raw_status text NOT NULL,
    auto_renew boolean,
    scheduled_cancel boolean,
    term_end timestamptz,
    parent text,
    is_trial boolean,
    migrated_from text,
    used integer,
    PRIMARY KEY (account_key, vendor_subscription)
);
CREATE INDEX vendor_subscription_id ON vendor_subscription (vendor, vendor_subscription);

CREATE TABLE discrepancy (
    discrepancy text NOT NULL,
    number integer NOT NULL,
    vendor text NOT NULL,
    account text NOT NULL,
    subscription text,
    vendor_subscription text,
    verdict text NOT NULL,
    state text NOT NULL,
    ours_quantity integer,
    ours_status text,
    theirs_quantity integer,
    theirs_status text,
    snapshot text NOT NULL,
    found_at timestamptz NOT NULL,
    ended_at timestamptz,
    resolution text,
    by text,
    reason text,
    PRIMARY KEY (discrepancy, number)
);
CREATE INDEX discrepancy_state ON discrepancy (vendor, state);
CREATE INDEX discrepancy_subscription ON discrepancy (subscription);

CREATE TABLE manual_invoicing (
    discrepancy text NOT NULL,
    alignment text NOT NULL,
    vendor text NOT NULL,
    account text NOT NULL,
    subscription text,
    vendor_subscription text,
    customer text,
    action text,
    aligned_at timestamptz NOT NULL,
    by text,
    amounts jsonb NOT NULL,
    refused text,
    PRIMARY KEY (discrepancy, alignment)
);
CREATE INDEX manual_invoicing_customer ON manual_invoicing (customer);
