-- What the views say of themselves, and who reads them: the same whichever generation they show.
COMMENT ON VIEW read.installment_plans IS
    'A row is the installment plan of the running term of one subscription that pays in installments and has not ended: how many there are, how many stand on issued documents, were excluded, remain, and what comes next.';
COMMENT ON VIEW read.documents IS
    'A row is one issued invoice or credit note. Amounts are positive on both; customer is null on an aggregated document; taxes lists rate, base and amount; transaction is the gross in the currency that the recipient pays in; relates_to lists what a credit note takes off which invoice, balance what no invoice was open for.';
COMMENT ON VIEW read.document_lines IS
    'A row is one line of one issued document. from and to are both covered; days, of_days and unit_net stand on prorated lines and credits, returns names the line that a credit takes back; tax_rate and reverse_charge stand on the lines of a document with several taxes; why names the rules and events behind the line.';
COMMENT ON VIEW read.open_invoices IS
    'A row is one invoice whose gross is not yet credited away; open is what credit notes have left of it. Payments are not known here.';
COMMENT ON VIEW read.balances IS
    'A row is what stands in favour of one recipient in one currency: the parts of credit notes for which no invoice was open.';
COMMENT ON VIEW read.next_charges IS
    'A row is the next charge of one running subscription, for the seats that are known today: when it falls due, its net, and who pays it.';
-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON
    read.installment_plans, read.documents, read.document_lines,
    read.open_invoices, read.balances, read.next_charges
TO seatledger_api;
