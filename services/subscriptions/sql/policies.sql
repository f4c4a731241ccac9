-- Which rows a request sees through an API. A table without grant and policy is read by nobody there. Policies ask in
-- sub-selects, which are answered once a query; as plain calls they would be asked for every row.

GRANT SELECT ON subscription TO seatledger_api;
ALTER TABLE subscription ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON subscription FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR reseller = (SELECT store.sees_as('reseller'))
    OR customer = (SELECT store.sees_as('customer'))
);

-- The policy of subscription holds inside this one as well: what exists there is what is theirs.
GRANT SELECT ON rejected_event TO seatledger_api;
ALTER TABLE rejected_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON rejected_event FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR EXISTS (SELECT FROM subscription AS s WHERE s.subscription = rejected_event.subscription)
);

-- What was refused of a setting concerns the organisation.
GRANT SELECT ON rejected_setting TO seatledger_api;
ALTER TABLE rejected_setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON rejected_setting FOR SELECT TO seatledger_api USING ((SELECT store.sees_all()));

-- Which events are known of what is theirs, and nothing of what they say: what is packed is shown by a view that leaves
-- that out.
GRANT SELECT (scope, scope_id, source, id) ON fact TO seatledger_api;
ALTER TABLE fact ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON fact FOR SELECT TO seatledger_api USING (
    scope = 'subscription'
    AND ((SELECT store.sees_all()) OR EXISTS (SELECT FROM subscription AS s WHERE s.subscription = fact.scope_id))
);
GRANT SELECT ON packed_fact TO seatledger_api;
ALTER TABLE packed_fact ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON packed_fact FOR SELECT TO seatledger_api USING (
    scope = 'subscription'
    AND ((SELECT store.sees_all()) OR EXISTS (SELECT FROM subscription AS s WHERE s.subscription = packed_fact.scope_id))
);
