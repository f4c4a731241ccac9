CREATE TABLE subscription (
    subscription text PRIMARY KEY,
    status text NOT NULL,
    quantity integer NOT NULL,
    unit_price numeric NOT NULL,
    billing_plan text NOT NULL,
    term_start date NOT NULL,
    term_end date NOT NULL,
    protected_until date,
    customer text NOT NULL,
    reseller text,
    product text NOT NULL,
    vendor text,
    currency text NOT NULL,
    auto_renew boolean NOT NULL,
    scheduled jsonb,
    vendor_subscription text,
    parent text,
    is_trial boolean NOT NULL,
    told_until timestamptz NOT NULL,
    seat_history jsonb NOT NULL DEFAULT '[]',
    -- What a search looks through, in one piece. LIKE is not leakproof, so no index on it would be used where policies
    -- choose the rows (row-level security); a scan over this column takes a fifth of one that asks each column.
    search_text text GENERATED ALWAYS AS (
        lower(subscription || E'\n' || customer || E'\n' || product || E'\n' || coalesce(vendor_subscription, ''))
    ) STORED
);
CREATE INDEX subscription_customer ON subscription (customer);
CREATE INDEX subscription_reseller ON subscription (reseller);

CREATE TABLE rejected_setting (
    source text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (source, id)
);

CREATE TABLE rejected_event (
    subscription text NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (subscription, source, id)
);
