-- The write model of invoicing: runs, issued lines, tax that may still be returned, numbers. It stands outside the
-- generations and no projector writes it; a replay never touches it.

CREATE SCHEMA invoicing;

CREATE TABLE invoicing.billing_run (
    day date PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    completed_at timestamptz,
    barrier jsonb NOT NULL,
    early boolean NOT NULL,
    documents integer NOT NULL DEFAULT 0,
    lines integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE invoicing.billing_run IS
    'One row a day that an invoice run closed or is closing; barrier holds the log positions that it waited for.';

CREATE TABLE invoicing.billing_lock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
INSERT INTO invoicing.billing_lock DEFAULT VALUES;
COMMENT ON TABLE invoicing.billing_lock IS
    'Its one row is locked by every chunk of an invoice run: one run at a time in an installation.';

CREATE TABLE invoicing.issued_line (
    subscription text NOT NULL,
    cycle_start date NOT NULL,
    layer_start date NOT NULL,
    revision integer NOT NULL,
    document text NOT NULL,
    kind text NOT NULL,
    customer text NOT NULL,
    recipient text NOT NULL,
    product text NOT NULL,
    currency text NOT NULL,
    start_day date NOT NULL,
    end_day date NOT NULL,
    quantity integer NOT NULL,
    unit_price numeric NOT NULL,
    unit_net numeric NOT NULL,
    net numeric NOT NULL,
    tax_rate numeric NOT NULL,
    days integer NOT NULL,
    of_days integer NOT NULL,
    returns text,
    PRIMARY KEY (subscription, cycle_start, layer_start, revision)
);
CREATE INDEX issued_line_document ON invoicing.issued_line (document);
COMMENT ON TABLE invoicing.issued_line IS
    'Every line of every issued document, never changed. end_day is the first day after the line. The key makes it impossible to issue a line twice.';

CREATE TABLE invoicing.returnable_tax (
    document text NOT NULL,
    rate numeric NOT NULL,
    amount numeric NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (document, rate)
);
COMMENT ON TABLE invoicing.returnable_tax IS
    'Tax of each invoice and rate that credit notes have not yet returned.';

CREATE TABLE invoicing.document_counter (
    seller text NOT NULL,
    series text NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL,
    PRIMARY KEY (seller, series, year)
);
COMMENT ON TABLE invoicing.document_counter IS
    'The last number given in each series and year; taken in the transaction that issues, so that there are no gaps.';

CREATE TABLE invoicing.billed (
    subscription text PRIMARY KEY,
    touched bigint NOT NULL,
    look_again_on date,
    open_from date,
    new_facts_on date,
    waiting boolean NOT NULL
);
CREATE INDEX billed_look_again ON invoicing.billed (look_again_on);
COMMENT ON TABLE invoicing.billed IS
    'How far runs have got with each subscription: which state of it they saw, the first day on which it has to be looked at again, the first cycle that is not settled, the day on which facts that are in the log already become known, and whether lines without amount wait for the next document.';

CREATE TABLE invoicing.parked_payer (
    payer text PRIMARY KEY,
    day date NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE invoicing.parked_payer IS
    'Payers that the last run could not bill, with the reason; the next run tries again.';
