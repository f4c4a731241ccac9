CREATE TABLE installment_plan (
    subscription text PRIMARY KEY,
    billing_plan text NOT NULL,
    installments integer NOT NULL,
    invoiced integer NOT NULL,
    excluded integer NOT NULL,
    remaining integer NOT NULL,
    next_invoice_date date,
    next_invoice_amount numeric,
    next_invoice_gross numeric,
    extra_charge_rate numeric NOT NULL,
    customer text NOT NULL,
    reseller text,
    currency text NOT NULL
);
CREATE INDEX installment_plan_reseller ON installment_plan (reseller);

CREATE TABLE next_charge (
    subscription text PRIMARY KEY,
    due date NOT NULL,
    net numeric NOT NULL,
    recipient text NOT NULL,
    currency text NOT NULL
);
CREATE INDEX next_charge_recipient ON next_charge (recipient, due);

CREATE TABLE document (
    number text PRIMARY KEY,
    kind text NOT NULL,
    date date NOT NULL,
    recipient text NOT NULL,
    customer text,
    currency text NOT NULL,
    net numeric NOT NULL,
    tax numeric NOT NULL,
    gross numeric NOT NULL,
    taxes jsonb NOT NULL,
    transaction jsonb,
    balance numeric
);
CREATE INDEX document_recipient ON document (recipient, date);
CREATE INDEX document_balance ON document (recipient, currency) WHERE balance IS NOT NULL;

CREATE TABLE document_relation (
    number text NOT NULL,
    place integer NOT NULL,
    invoice text NOT NULL,
    amount numeric NOT NULL,
    PRIMARY KEY (number, place)
);
CREATE INDEX document_relation_invoice ON document_relation (invoice);

CREATE TABLE document_line (
    number text NOT NULL,
    line text NOT NULL,
    customer text NOT NULL,
    subscription text NOT NULL,
    product text NOT NULL,
    kind text NOT NULL,
    "from" date NOT NULL,
    "to" date NOT NULL,
    quantity integer NOT NULL,
    unit_price numeric NOT NULL,
    days integer,
    of_days integer,
    unit_net numeric,
    net numeric NOT NULL,
    returns text,
    tax_rate numeric,
    reverse_charge boolean,
    why jsonb,
    PRIMARY KEY (number, line)
);
CREATE INDEX document_line_subscription ON document_line (subscription);
