CREATE OR REPLACE VIEW read.installment_plans WITH (security_invoker = true) AS
SELECT subscription, billing_plan, installments, invoiced, excluded, remaining,
    next_invoice_date, next_invoice_amount, next_invoice_gross, extra_charge_rate, customer, reseller, currency
FROM installment_plan;

CREATE OR REPLACE VIEW read.documents WITH (security_invoker = true) AS
SELECT number, kind, date, recipient, customer, currency, net, tax, gross, taxes, transaction,
    (SELECT jsonb_agg(jsonb_build_object('document', invoice, 'amount', amount::text) ORDER BY place)
     FROM document_relation AS relation WHERE relation.number = document.number) AS relates_to,
    balance
FROM document;

CREATE OR REPLACE VIEW read.document_lines WITH (security_invoker = true) AS
SELECT number, line, customer, subscription, product, kind, "from", "to", quantity, unit_price,
    days, of_days, unit_net, net, returns, tax_rate, reverse_charge,
    -- With what is added to a cost the cost could be reckoned back; a discount says nothing of it.
    CASE WHEN (SELECT store.sees_costs()) OR why #> '{price,unit_cost}' IS NULL THEN why
        WHEN why @? '$.price.pricing[*] ? (@.rule != "discount")' THEN why #- '{price,unit_cost}' #- '{price,pricing}'
        ELSE why #- '{price,unit_cost}' END AS why
FROM document_line;

CREATE OR REPLACE VIEW read.open_invoices WITH (security_invoker = true) AS
SELECT number, date, recipient, customer, currency, gross, gross - credited AS open
FROM document, LATERAL (
    SELECT coalesce(sum(amount), 0) AS credited FROM document_relation WHERE invoice = document.number
) AS relations
WHERE kind = 'invoice' AND gross > credited;

CREATE OR REPLACE VIEW read.balances WITH (security_invoker = true) AS
SELECT recipient, currency, sum(balance) AS amount
FROM document WHERE balance IS NOT NULL GROUP BY recipient, currency;

CREATE OR REPLACE VIEW read.next_charges WITH (security_invoker = true) AS
SELECT subscription, due, net, recipient, currency
FROM next_charge;
