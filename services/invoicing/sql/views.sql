CREATE OR REPLACE VIEW read.installment_plans WITH (security_invoker = true) AS
SELECT subscription, billing_plan, installments, invoiced, excluded, remaining,
    next_invoice_date, next_invoice_amount, next_invoice_gross, extra_charge_rate, customer, reseller, currency
FROM installment_plan;
COMMENT ON VIEW read.installment_plans IS
    'A row is the installment plan of the running term of one subscription that pays in installments and has not ended: how many there are, how many stand on issued documents, were excluded, remain, and what comes next.';

CREATE OR REPLACE VIEW read.documents WITH (security_invoker = true) AS
SELECT number, kind, date, recipient, customer, currency, net, tax, gross, taxes
FROM document;
COMMENT ON VIEW read.documents IS
    'A row is one issued invoice or credit note. Amounts are positive on both; customer is null on an aggregated document; taxes lists rate, base and amount.';

CREATE OR REPLACE VIEW read.document_lines WITH (security_invoker = true) AS
SELECT number, line, customer, subscription, product, kind, "from", "to", quantity, unit_price,
    days, of_days, unit_net, net, returns
FROM document_line;
COMMENT ON VIEW read.document_lines IS
    'A row is one line of one issued document. from and to are both covered; days, of_days and unit_net stand on prorated lines and credits, returns names the line that a credit takes back.';

CREATE OR REPLACE VIEW read.next_charges WITH (security_invoker = true) AS
SELECT subscription, due, net, recipient, currency
FROM next_charge;
COMMENT ON VIEW read.next_charges IS
    'A row is the next charge of one running subscription, for the seats that are known today: when it falls due, its net, and who pays it.';
