-- "order" is a word of SQL, so the tables of orders are named for what they hold.
CREATE TABLE sales_order (
    order_id text PRIMARY KEY,
    customer text NOT NULL,
    reseller text,
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN ('placed', 'executed', 'deleted')),
    placed_at text,
    executed_at text
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
    PRIMARY KEY (order_id, subscription)
);
CREATE INDEX sales_order_item_subscription ON sales_order_item (subscription);

CREATE TABLE customer (
    customer text PRIMARY KEY,
    name text,
    reseller text,
    time_zone text,
    billing_day integer,
    separate_invoices boolean,
    extra_charge_rate numeric,
    country text,
    vat_id text,
    tax_rate numeric,
    tax_exempt boolean
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
    transaction_currency text
);

CREATE TABLE product (
    product text PRIMARY KEY,
    name text,
    vendor text,
    family text,
    copied_from text,
    deleted boolean NOT NULL
);

CREATE TABLE list_price (
    product text NOT NULL,
    currency text NOT NULL,
    term text NOT NULL,
    billing_frequency text NOT NULL,
    effective_from date NOT NULL,
    unit_price numeric NOT NULL,
    unit_cost numeric,
    PRIMARY KEY (product, currency, term, billing_frequency, effective_from)
);
