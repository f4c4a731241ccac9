-- What vendors billed, as the API shows it: to the organisation alone, as all that costs are.
CREATE VIEW read.vendor_bills WITH (security_invoker = true) AS
SELECT one.vendor, one.invoice, one.version, one.source, one.file, one.imported_at, one.imported_by, one.rows, one.from_day,
    one.to_day, one.amounts, invoice.cancelled_at, invoice.cancelled_by, invoice.cancelled_because
FROM reconciliation.cost_import AS one JOIN reconciliation.cost_invoice AS invoice USING (vendor, invoice)
WHERE one.replaced_at IS NULL;
COMMENT ON VIEW read.vendor_bills IS
    'A row is one invoice of a vendor in the version that counts: who took it in, for which days, how much in which currency. One that is cancelled is compared no more';

GRANT SELECT ON reconciliation.cost_invoice, reconciliation.cost_import, reconciliation.cost_row, read.vendor_bills
    TO seatledger_api;
ALTER TABLE reconciliation.cost_invoice ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON reconciliation.cost_invoice FOR SELECT TO seatledger_api
    USING ((SELECT store.sees_all()));
ALTER TABLE reconciliation.cost_import ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON reconciliation.cost_import FOR SELECT TO seatledger_api
    USING ((SELECT store.sees_all()));
ALTER TABLE reconciliation.cost_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON reconciliation.cost_row FOR SELECT TO seatledger_api
    USING ((SELECT store.sees_all()));
