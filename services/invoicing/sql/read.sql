-- What the views say of themselves, and who reads them: the same whichever generation they show.
COMMENT ON VIEW read.installment_plans IS
    'A row is the installment plan of the running term of one subscription that pays in installments and has not ended: how many there are, how many stand on issued documents, were excluded, remain, and what comes next.
Who sees which rows: the organisation every row, a reseller those of its customers, a customer its own.';
COMMENT ON COLUMN read.installment_plans.subscription IS
    'Id of the subscription, ours.';
COMMENT ON COLUMN read.installment_plans.billing_plan IS
    'How often an installment falls due: Monthly, Annual, ….';
COMMENT ON COLUMN read.installment_plans.installments IS
    'How many installments the running term has.';
COMMENT ON COLUMN read.installment_plans.invoiced IS
    'How many of them stand on issued documents.';
COMMENT ON COLUMN read.installment_plans.excluded IS
    'How many nobody is billed for here: billed by somebody else before a takeover, or in a suspension that is not billed.';
COMMENT ON COLUMN read.installment_plans.remaining IS
    'How many are still to be invoiced: installments less invoiced less excluded.';
COMMENT ON COLUMN read.installment_plans.next_invoice_date IS
    'Day on which the next one falls due: the earliest that remains, or the first of the renewed term; null where nothing comes.';
COMMENT ON COLUMN read.installment_plans.next_invoice_amount IS
    'Its net for the seats that are held now, extra charge included, in currency; null where nothing comes.';
COMMENT ON COLUMN read.installment_plans.next_invoice_gross IS
    'Its net and the tax that its payer owes today; null where nothing comes.';
COMMENT ON COLUMN read.installment_plans.extra_charge_rate IS
    'What paying in installments costs more, as a fraction: 0.05 is 5 %; captured with each term.';
COMMENT ON COLUMN read.installment_plans.customer IS
    'Id of the end customer.';
COMMENT ON COLUMN read.installment_plans.reseller IS
    'Id of the reseller that pays for the customer; null where the customer pays itself.';
COMMENT ON COLUMN read.installment_plans.currency IS
    'Currency of the amounts, ISO 4217.';
COMMENT ON VIEW read.documents IS
    'A row is one issued invoice or credit note. Amounts are positive on both; customer is null on an aggregated document; taxes lists rate, base and amount; transaction is the gross in the currency that the recipient pays in; relates_to lists what a credit note takes off which invoice, balance what no invoice was open for.
Who sees which rows: the organisation every row, a reseller and a customer those that they pay themselves.';
COMMENT ON COLUMN read.documents.number IS
    'Number of the document: unique, without gaps in its series and year.';
COMMENT ON COLUMN read.documents.kind IS
    'invoice or credit_note.';
COMMENT ON COLUMN read.documents.date IS
    'The billing day that it closes; on the document the date of issue.';
COMMENT ON COLUMN read.documents.recipient IS
    'Id of who pays, or is credited: a reseller, or a customer that has none.';
COMMENT ON COLUMN read.documents.customer IS
    'Id of the end customer on a separate document; null on an aggregated one, whose lines name theirs.';
COMMENT ON COLUMN read.documents.currency IS
    'Currency of the amounts, ISO 4217.';
COMMENT ON COLUMN read.documents.net IS
    'Net of all lines, never negative: a credit note gives back so much.';
COMMENT ON COLUMN read.documents.tax IS
    'Tax on the net, rounded once for each rate (rule R0.5).';
COMMENT ON COLUMN read.documents.gross IS
    'Net and tax.';
COMMENT ON COLUMN read.documents.taxes IS
    'List of {rate, base, amount, reverse_charge}: tax for each rate; with reverse_charge the recipient owes it itself.';
COMMENT ON COLUMN read.documents.transaction IS
    'The gross in the currency that the recipient pays in: {currency, rate, rate_date, total}, or the reason why there is no rate; null where that is the document''s own (rule R6.8).';
COMMENT ON COLUMN read.documents.relates_to IS
    'Of a credit note the invoices that it is set against: list of {document, amount}, gross amounts; null on an invoice.';
COMMENT ON COLUMN read.documents.balance IS
    'Of a credit note the part of its gross for which no invoice was open; null where all of it was set against invoices.';
COMMENT ON VIEW read.document_lines IS
    'A row is one line of one issued document. from and to are both covered; days, of_days and unit_net stand on prorated lines and credits, returns names the line that a credit takes back; tax_rate and reverse_charge stand on the lines of a document with several taxes; why names the rules and events behind the line.
Who sees which rows: who sees the document.';
COMMENT ON COLUMN read.document_lines.number IS
    'Number of the document.';
COMMENT ON COLUMN read.document_lines.line IS
    'Id of the line: subscription/start of its cycle/start of its layer of seats, from the second revision on with /2, /3.';
COMMENT ON COLUMN read.document_lines.customer IS
    'Id of the end customer.';
COMMENT ON COLUMN read.document_lines.subscription IS
    'Id of the subscription, ours.';
COMMENT ON COLUMN read.document_lines.product IS
    'Id of the product in the catalogue.';
COMMENT ON COLUMN read.document_lines.kind IS
    'recurring (a whole cycle), prorated (part of one), installment, free (in a free period or trial, amount 0) or credit (takes back a line).';
COMMENT ON COLUMN read.document_lines."from" IS
    'First day that the line covers.';
COMMENT ON COLUMN read.document_lines."to" IS
    'Last day that it covers, included.';
COMMENT ON COLUMN read.document_lines.quantity IS
    'Seats that are charged or taken back.';
COMMENT ON COLUMN read.document_lines.unit_price IS
    'Net price of one seat and the whole cycle, in the currency of the document.';
COMMENT ON COLUMN read.document_lines.days IS
    'Days that are charged or taken back; null on a line of a whole cycle.';
COMMENT ON COLUMN read.document_lines.of_days IS
    'Days of the whole cycle, beside days.';
COMMENT ON COLUMN read.document_lines.unit_net IS
    'Net of one seat for the days of the line, rounded; null on a line of a whole cycle, where it is unit_price.';
COMMENT ON COLUMN read.document_lines.net IS
    'Net of the line, never negative; to be taken away where the document is a credit note.';
COMMENT ON COLUMN read.document_lines.returns IS
    'Id of the line that a credit takes back; null on every other line.';
COMMENT ON COLUMN read.document_lines.tax_rate IS
    'Rate of tax as a fraction, 0.24 for 24 %; null where the document has one rate alone, which stands in its taxes.';
COMMENT ON COLUMN read.document_lines.reverse_charge IS
    'Whether the recipient owes the tax of the line itself; null where the document has one kind of tax alone.';
COMMENT ON COLUMN read.document_lines.why IS
    'Why it is what it is: rules, cause, events, where the price comes from; without cost, and without a mark-up that tells it, for resellers and customers; null on lines from before these were kept.';
COMMENT ON VIEW read.open_invoices IS
    'A row is one invoice whose gross is not yet credited away; open is what credit notes have left of it. Payments are not known here.
Who sees which rows: the organisation every row, a reseller and a customer those that they pay themselves.';
COMMENT ON COLUMN read.open_invoices.number IS
    'Number of the invoice.';
COMMENT ON COLUMN read.open_invoices.date IS
    'The billing day that it closed.';
COMMENT ON COLUMN read.open_invoices.recipient IS
    'Id of who owes it.';
COMMENT ON COLUMN read.open_invoices.customer IS
    'Id of the end customer of a separate invoice; null on an aggregated one.';
COMMENT ON COLUMN read.open_invoices.currency IS
    'Currency of the amounts, ISO 4217.';
COMMENT ON COLUMN read.open_invoices.gross IS
    'What it was issued over.';
COMMENT ON COLUMN read.open_invoices.open IS
    'What credit notes have left of its gross, more than 0; payments are not known here.';
COMMENT ON VIEW read.balances IS
    'A row is what stands in favour of one recipient in one currency: the parts of credit notes for which no invoice was open.
Who sees which rows: the organisation every row, a reseller and a customer those that they pay themselves.';
COMMENT ON COLUMN read.balances.recipient IS
    'Id of whose balance it is.';
COMMENT ON COLUMN read.balances.currency IS
    'Currency of the amounts, ISO 4217.';
COMMENT ON COLUMN read.balances.amount IS
    'Sum of the parts of credit notes for which no invoice was open, gross.';
COMMENT ON VIEW read.next_charges IS
    'A row is the next charge of one running subscription, for the seats that are known today: when it falls due, its net, and who pays it.
Who sees which rows: the organisation every row, a reseller and a customer those that they pay themselves.';
COMMENT ON COLUMN read.next_charges.subscription IS
    'Id of the subscription, ours.';
COMMENT ON COLUMN read.next_charges.due IS
    'First day after that of the projection''s clock on which something falls due.';
COMMENT ON COLUMN read.next_charges.net IS
    'Net of what falls due that day, for the seats that are known today.';
COMMENT ON COLUMN read.next_charges.recipient IS
    'Id of who will pay it.';
COMMENT ON COLUMN read.next_charges.currency IS
    'Currency of the amounts, ISO 4217.';
-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON
    read.installment_plans, read.documents, read.document_lines,
    read.open_invoices, read.balances, read.next_charges
TO seatledger_api;
