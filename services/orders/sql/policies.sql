-- Which rows a request sees through an API. A table without grant and policy is read by nobody there. Policies ask in
-- sub-selects, which are answered once a query; as plain calls they would be asked for every row.

-- A draft goes with its customer to another reseller, who does not see what customers of others there are: so asked as
-- the owner. An order for a customer of whom nothing is known is its own reseller's.
CREATE FUNCTION drafted_for(buying text, ordered_with text) RETURNS text STABLE PARALLEL SAFE SECURITY DEFINER
RETURN (
    SELECT CASE WHEN c.customer IS NULL THEN ordered_with ELSE c.reseller END
    FROM (SELECT) AS one LEFT JOIN customer AS c ON c.customer = buying
);

GRANT SELECT ON sales_order TO seatledger_api;
ALTER TABLE sales_order ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON sales_order FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR CASE WHEN executed_at IS NULL THEN drafted_for(customer, reseller) ELSE reseller END
        = (SELECT store.sees_as('reseller'))
    OR customer = (SELECT store.sees_as('customer'))
);

-- The policy of sales_order holds inside this one as well: what exists there is what is theirs.
GRANT SELECT ON sales_order_item TO seatledger_api;
ALTER TABLE sales_order_item ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON sales_order_item FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR EXISTS (SELECT FROM sales_order AS o WHERE o.order_id = sales_order_item.order_id)
);

GRANT SELECT ON customer TO seatledger_api;
ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON customer FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR reseller = (SELECT store.sees_as('reseller'))
    OR customer = (SELECT store.sees_as('customer'))
);

GRANT SELECT ON reseller TO seatledger_api;
ALTER TABLE reseller ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON reseller FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR reseller = (SELECT store.sees_as('reseller'))
);

-- The catalogue is everybody's who is recognised; its costs are left out by read.list_prices.
GRANT SELECT ON product TO seatledger_api;
ALTER TABLE product ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybodys ON product FOR SELECT TO seatledger_api USING ((SELECT store.sees_anything()));

GRANT SELECT ON list_price TO seatledger_api;
ALTER TABLE list_price ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybodys ON list_price FOR SELECT TO seatledger_api USING ((SELECT store.sees_anything()));

-- What is set for everybody is for who works for the distributor; an account's settings are seen with the account.
GRANT SELECT ON organisation_setting, product_setting, reseller_setting, customer_setting TO seatledger_api;
ALTER TABLE organisation_setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON organisation_setting FOR SELECT TO seatledger_api USING ((SELECT store.sees_all()));
ALTER TABLE product_setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON product_setting FOR SELECT TO seatledger_api USING ((SELECT store.sees_all()));
ALTER TABLE reseller_setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON reseller_setting FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all()) OR scope_id = (SELECT store.sees_as('reseller'))
);
ALTER TABLE customer_setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON customer_setting FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all()) OR EXISTS (SELECT FROM customer AS c WHERE c.customer = customer_setting.scope_id)
);
