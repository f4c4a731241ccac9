CREATE OR REPLACE VIEW read.orders WITH (security_invoker = true) AS
SELECT order_id, customer, reseller, currency, status, placed_at, executed_at
FROM sales_order;
COMMENT ON VIEW read.orders IS
    'A row is one order: placed, executed (its items are subscriptions) or deleted. placed_at and executed_at are as upstream gave them: an instant (written in UTC) or a date.';

CREATE OR REPLACE VIEW read.order_items WITH (security_invoker = true) AS
SELECT order_id, subscription, item_id, product, product_name, quantity, unit_price, term, billing_frequency
FROM sales_order_item;
COMMENT ON VIEW read.order_items IS
    'A row is one item of one order, as ordered: unit_price is for one licence and one term. What became of it since stands in read.subscriptions.';

CREATE OR REPLACE VIEW read.customers WITH (security_invoker = true) AS
SELECT customer, name, reseller, time_zone, billing_day, separate_invoices, extra_charge_rate, country, vat_id, tax_rate,
    tax_exempt
FROM customer;
COMMENT ON VIEW read.customers IS
    'A row is one end customer as last stated; a field that nothing ever stated is null. billing_day 31 means the last day of the month.';

CREATE OR REPLACE VIEW read.resellers WITH (security_invoker = true) AS
SELECT reseller, name, country, vat_id, tax_rate, tax_exempt, extra_charge_rate, transaction_currency
FROM reseller;
COMMENT ON VIEW read.resellers IS
    'A row is one reseller of which more than its id was ever stated, as last stated; a field that nothing stated is null.';

CREATE OR REPLACE VIEW read.products WITH (security_invoker = true) AS
SELECT product, name, vendor, family, copied_from, deleted
FROM product;
COMMENT ON VIEW read.products IS
    'A row is one product of the catalogue. copied_from names the product it was copied from, while it has no definition of its own. Products that only orders name are not here.';

CREATE OR REPLACE VIEW read.list_prices WITH (security_invoker = true) AS
SELECT product, currency, term, billing_frequency, effective_from, unit_price,
    CASE WHEN store.sees_costs() THEN unit_cost END AS unit_cost
FROM list_price;
COMMENT ON VIEW read.list_prices IS
    'A row is one list price, for one licence and one term, from a day on. term is "-" where it holds for terms of any length, billing_frequency "-" where it holds for any. The one with the latest effective_from that has come is the price of today. Resellers and customers see no unit_cost.';

-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON
    read.orders, read.order_items, read.customers,
    read.resellers, read.products, read.list_prices
TO seatledger_api;
