-- Which rows a request sees through an API. A table without grant and policy is read by nobody there. Policies ask in
-- sub-selects, which are answered once a query; as plain calls they would be asked for every row.

GRANT SELECT ON installment_plan TO seatledger_api;
ALTER TABLE installment_plan ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON installment_plan FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR reseller = (SELECT store.sees_as('reseller'))
    OR customer = (SELECT store.sees_as('customer'))
);

-- What is owed is shown to who owes it: a customer sees it where no reseller stands between.
GRANT SELECT ON next_charge TO seatledger_api;
ALTER TABLE next_charge ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON next_charge FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR recipient = (SELECT store.sees_as('reseller'))
    OR recipient = (SELECT store.sees_as('customer'))
);

GRANT SELECT ON document TO seatledger_api;
ALTER TABLE document ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON document FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR recipient = (SELECT store.sees_as('reseller'))
    OR recipient = (SELECT store.sees_as('customer'))
);

-- The policy of document holds inside these as well: what exists there is what is theirs.
GRANT SELECT ON document_relation TO seatledger_api;
ALTER TABLE document_relation ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON document_relation FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR EXISTS (SELECT FROM document AS d WHERE d.number = document_relation.number)
);

GRANT SELECT ON document_line TO seatledger_api;
ALTER TABLE document_line ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON document_line FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR EXISTS (SELECT FROM document AS d WHERE d.number = document_line.number)
);
