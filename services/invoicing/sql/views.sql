CREATE OR REPLACE VIEW read.installment_plans WITH (security_invoker = true) AS
SELECT subscription, billing_plan, installments, invoiced, excluded, remaining,
    next_invoice_date, next_invoice_amount, next_invoice_gross, extra_charge_rate, customer, reseller, currency
FROM installment_plan;
COMMENT ON VIEW read.installment_plans IS
    'A row is the installment plan of the running term of one subscription that pays in installments and has not ended: how many there are, how many stand on issued documents, were excluded, remain, and what comes next.';

CREATE OR REPLACE VIEW read.documents WITH (security_invoker = true) AS
SELECT number, kind, date, recipient, customer, currency, net, tax, gross, taxes, transaction,
    (SELECT jsonb_agg(jsonb_build_object('document', invoice, 'amount', amount::text) ORDER BY place)
     FROM document_relation AS relation WHERE relation.number = document.number) AS relates_to,
    balance
FROM document;
COMMENT ON VIEW read.documents IS
    'A row is one issued invoice or credit note. Amounts are positive on both; customer is null on an aggregated document; taxes lists rate, base and amount; transaction is the gross in the currency that the recipient pays in; relates_to lists what a credit note takes off which invoice, balance what no invoice was open for.';

CREATE OR REPLACE VIEW read.document_lines WITH (security_invoker = true) AS
SELECT number, line, customer, subscription, product, kind, "from", "to", quantity, unit_price,
    days, of_days, unit_net, net, returns, tax_rate, reverse_charge,
    -- With what is added to a cost the cost could be reckoned back.
    CASE WHEN store.sees_costs() OR why #> '{price,unit_cost}' IS NULL THEN why
        ELSE why #- '{price,unit_cost}' #- '{price,pricing}' END AS why
FROM document_line;
COMMENT ON VIEW read.document_lines IS
    'A row is one line of one issued document. from and to are both covered; days, of_days and unit_net stand on prorated lines and credits, returns names the line that a credit takes back; tax_rate and reverse_charge stand on the lines of a document with several taxes; why names the rules and events behind the line.';

CREATE OR REPLACE VIEW read.open_invoices WITH (security_invoker = true) AS
SELECT number, date, recipient, customer, currency, gross, gross - credited AS open
FROM document, LATERAL (
    SELECT coalesce(sum(amount), 0) AS credited FROM document_relation WHERE invoice = document.number
) AS relations
WHERE kind = 'invoice' AND gross > credited;
COMMENT ON VIEW read.open_invoices IS
    'A row is one invoice whose gross is not yet credited away; open is what credit notes have left of it. Payments are not known here.';

CREATE OR REPLACE VIEW read.balances WITH (security_invoker = true) AS
SELECT recipient, currency, sum(balance) AS amount
FROM document WHERE balance IS NOT NULL GROUP BY recipient, currency;
COMMENT ON VIEW read.balances IS
    'A row is what stands in favour of one recipient in one currency: the parts of credit notes for which no invoice was open.';

CREATE OR REPLACE VIEW read.next_charges WITH (security_invoker = true) AS
SELECT subscription, due, net, recipient, currency
FROM next_charge;
COMMENT ON VIEW read.next_charges IS
    'A row is the next charge of one running subscription, for the seats that are known today: when it falls due, its net, and who pays it.';

-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON
    read.installment_plans, read.documents, read.document_lines,
    read.open_invoices, read.balances, read.next_charges
TO seatledger_api;
