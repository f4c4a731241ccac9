-- What vendors billed, as their own data says it: imports, and every row of them. Write model: no projector writes it, and
-- a replay never touches it.

CREATE SCHEMA IF NOT EXISTS reconciliation;

CREATE TABLE reconciliation.cost_invoice (
    vendor text NOT NULL,
    invoice text NOT NULL,
    cancelled_at timestamptz,
    cancelled_by text,
    cancelled_because text,
    PRIMARY KEY (vendor, invoice),
    CONSTRAINT cost_invoice_cancelled CHECK (
        (cancelled_at IS NULL) = (cancelled_by IS NULL) AND (cancelled_at IS NULL) = (cancelled_because IS NULL)
    )
);
COMMENT ON TABLE reconciliation.cost_invoice IS
    'One row an invoice of a vendor; one that the vendor voided stays, and is compared no more. Locked while its data is taken in.';

CREATE TABLE reconciliation.cost_import (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vendor text NOT NULL,
    invoice text NOT NULL,
    version text NOT NULL,
    source text NOT NULL CHECK (source IN ('graph', 'csv')),
    file text,
    imported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    imported_by text NOT NULL,
    rows integer NOT NULL DEFAULT 0,
    from_day date,
    to_day date,
    amounts jsonb NOT NULL DEFAULT '{}',
    replaced_at timestamptz,
    replaced_by bigint REFERENCES reconciliation.cost_import DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (vendor, invoice) REFERENCES reconciliation.cost_invoice,
    CONSTRAINT cost_import_replaced CHECK ((replaced_at IS NULL) = (replaced_by IS NULL))
);
CREATE UNIQUE INDEX cost_import_current ON reconciliation.cost_import (vendor, invoice)
    WHERE replaced_at IS NULL;
COMMENT ON TABLE reconciliation.cost_import IS
    'One row each time that another version of an invoice was taken in: by whom, from where, for which days, how much in which currency. Only the one that was not replaced counts; the index makes it impossible that two do.';

CREATE TABLE reconciliation.cost_row (
    import bigint NOT NULL REFERENCES reconciliation.cost_import,
    place integer NOT NULL,
    customer_id text NOT NULL,
    subscription_id text NOT NULL,
    orders text[] NOT NULL,
    order_date timestamptz,
    product_id text NOT NULL,
    sku_id text NOT NULL,
    product_name text NOT NULL,
    charge_type text NOT NULL,
    unit_price numeric NOT NULL,
    effective_unit_price numeric NOT NULL,
    quantity numeric NOT NULL,
    subtotal numeric NOT NULL,
    currency text NOT NULL,
    pricing_currency text NOT NULL,
    exchange_rate numeric NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    subscription_start date,
    billing_frequency text NOT NULL,
    unit_type text NOT NULL,
    reference_id text NOT NULL,
    qualifiers text[] NOT NULL,
    row jsonb NOT NULL,
    PRIMARY KEY (import, place)
);
CREATE INDEX cost_row_subscription ON reconciliation.cost_row (subscription_id);
COMMENT ON TABLE reconciliation.cost_row IS
    'Every row of every import: what is matched and compared by, ids lower case, [first_day, last_day] both covered; and in row all columns as they came.';
