-- Which rows a request sees through an API. What vendors have is the organisation's to see; resellers see the comparison
-- of what is theirs, which stands in reconciliation.compared.

GRANT SELECT ON vendor_account TO seatledger_api;
ALTER TABLE vendor_account ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON vendor_account FOR SELECT TO seatledger_api USING ((SELECT store.sees_all()));

GRANT SELECT ON vendor_subscription TO seatledger_api;
ALTER TABLE vendor_subscription ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON vendor_subscription FOR SELECT TO seatledger_api USING ((SELECT store.sees_all()));

GRANT SELECT ON discrepancy TO seatledger_api;
ALTER TABLE discrepancy ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON discrepancy FOR SELECT TO seatledger_api USING ((SELECT store.sees_all()));

GRANT SELECT ON manual_invoicing TO seatledger_api;
ALTER TABLE manual_invoicing ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON manual_invoicing FOR SELECT TO seatledger_api USING ((SELECT store.sees_all()));
