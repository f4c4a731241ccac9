-- What credit notes may still be related to, and which lines are taxed by reverse charge. Filled from the documents that
-- this installation has issued, as if its credit notes had been related when they were made.

ALTER TABLE invoicing.issued_line ADD COLUMN reverse_charge boolean NOT NULL DEFAULT false;

CREATE TABLE invoicing.open_invoice (
    document text PRIMARY KEY,
    ordinal bigint GENERATED ALWAYS AS IDENTITY,
    day date NOT NULL,
    recipient text NOT NULL,
    customer text,
    currency text NOT NULL,
    gross numeric NOT NULL,
    open numeric NOT NULL CHECK (open >= 0 AND open <= gross)
);
CREATE INDEX open_invoice_debtor ON invoicing.open_invoice (recipient, currency, ordinal) WHERE open > 0;
COMMENT ON TABLE invoicing.open_invoice IS
    'Every invoice with an amount, in the order of issue (ordinal), and how much of its gross no credit note is related to yet.';

WITH document AS (
    SELECT data::jsonb AS d, recorded_at, subject FROM store.event WHERE type IN ('InvoiceIssued', 'CreditNoteIssued')
),
credited AS (
    SELECT d->>'recipient' AS recipient, d->>'currency' AS currency, sum((d->>'gross')::numeric) AS total
    FROM document WHERE d->>'kind' = 'credit_note' GROUP BY 1, 2
),
invoice AS (
    SELECT d->>'number' AS number, (d->>'date')::date AS day, d->>'recipient' AS recipient, d->>'customer' AS customer,
        d->>'currency' AS currency, (d->>'gross')::numeric AS gross
    FROM document WHERE d->>'kind' = 'invoice' AND (d->>'gross')::numeric > 0
),
placed AS (
    SELECT *, sum(gross) OVER (PARTITION BY recipient, currency ORDER BY day, length(number), number) AS up_to
    FROM invoice
)
INSERT INTO invoicing.open_invoice (document, day, recipient, customer, currency, gross, open)
SELECT number, day, recipient, customer, currency, gross,
    greatest(least(gross, up_to - coalesce(total, 0)), 0)
FROM placed LEFT JOIN credited USING (recipient, currency)
ORDER BY day, length(number), number;
