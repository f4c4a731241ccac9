-- "order" is a word of SQL, so the tables of orders are named for what they hold.
CREATE TABLE sales_order (
    order_id text PRIMARY KEY,
    customer text NOT NULL,
    reseller text,
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN ('placed', 'executed', 'deleted')),
    placed_at text,
    executed_at text,
    version text NOT NULL
);
CREATE INDEX sales_order_customer ON sales_order (customer);
CREATE INDEX sales_order_reseller ON sales_order (reseller);

CREATE TABLE sales_order_item (
    order_id text NOT NULL,
    subscription text NOT NULL,
    item_id text,
    product text NOT NULL,
    product_name text,
    quantity integer NOT NULL,
    unit_price numeric NOT NULL,
    term text,
    billing_frequency text,
    billing_plan text,
    installments integer,
    extra_charge_rate numeric,
    price numeric,
    net numeric,
    gross numeric,
    first_billing_date date,
    free_until date,
    note text,
    PRIMARY KEY (order_id, subscription)
);
CREATE INDEX sales_order_item_subscription ON sales_order_item (subscription);

CREATE TABLE customer (
    customer text PRIMARY KEY,
    name text,
    reseller text,
    time_zone text,
    billing_day integer,
    partial_charges_invoicing text,
    separate_invoices boolean,
    extra_charge_rate numeric,
    country text,
    vat_id text,
    tax_rate numeric,
    tax_exempt boolean,
    transaction_currency text,
    version text NOT NULL
);
CREATE INDEX customer_reseller ON customer (reseller);

CREATE TABLE reseller (
    reseller text PRIMARY KEY,
    name text,
    country text,
    vat_id text,
    tax_rate numeric,
    tax_exempt boolean,
    extra_charge_rate numeric,
    transaction_currency text,
    version text NOT NULL
);

CREATE TABLE product (
    product text PRIMARY KEY,
    name text,
    vendor text,
    family text,
    tax_type text,
    copied_from text,
    nce boolean NOT NULL,
    charge text,
    anchor text,
    term text,
    billing_frequency text,
    free_period boolean NOT NULL,
    price_protection_months integer,
    billing_plans jsonb NOT NULL,
    deleted boolean NOT NULL,
    version text NOT NULL
);

CREATE TABLE list_price (
    product text NOT NULL,
    currency text NOT NULL,
    term text NOT NULL,
    billing_frequency text NOT NULL,
    effective_from date NOT NULL,
    unit_price numeric NOT NULL,
    unit_cost numeric,
    price_protection_months integer,
    PRIMARY KEY (product, currency, term, billing_frequency, effective_from)
);

-- A table for each scope: ids of different scopes may be the same, and each is shown to others.
CREATE TABLE organisation_setting (
    scope_id text NOT NULL,
    key text NOT NULL,
    effective_from text NOT NULL,
    value text NOT NULL,
    refused text,
    PRIMARY KEY (scope_id, key, effective_from)
);
CREATE TABLE product_setting (
    scope_id text NOT NULL,
    key text NOT NULL,
    effective_from text NOT NULL,
    value text NOT NULL,
    refused text,
    PRIMARY KEY (scope_id, key, effective_from)
);
CREATE TABLE reseller_setting (
    scope_id text NOT NULL,
    key text NOT NULL,
    effective_from text NOT NULL,
    value text NOT NULL,
    refused text,
    PRIMARY KEY (scope_id, key, effective_from)
);
CREATE TABLE customer_setting (
    scope_id text NOT NULL,
    key text NOT NULL,
    effective_from text NOT NULL,
    value text NOT NULL,
    refused text,
    PRIMARY KEY (scope_id, key, effective_from)
);
