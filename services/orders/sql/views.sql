-- Columns are added at the end: a view that is replaced keeps those it had, in their order.
CREATE OR REPLACE VIEW read.orders WITH (security_invoker = true) AS
SELECT order_id, customer, reseller, currency, status, placed_at, executed_at, version
FROM sales_order;
COMMENT ON VIEW read.orders IS
    'A row is one order: placed, executed (its items are subscriptions) or deleted. placed_at and executed_at are as upstream gave them: an instant (written in UTC) or a date. version changes with the content: what an ETag says.';

CREATE OR REPLACE VIEW read.order_items WITH (security_invoker = true) AS
SELECT order_id, subscription, item_id, product, product_name, quantity, unit_price, term, billing_frequency, billing_plan,
    installments, extra_charge_rate, price, net, gross, first_billing_date, free_until, note
FROM sales_order_item;
COMMENT ON VIEW read.order_items IS
    'A row is one item of one order, as ordered: unit_price is for one licence and one term: with pricing rule and extra charge where our own service confirmed the order, as ordered where it did not. billing_plan is Monthly … where it pays in installments, null where the charge is one-off. From installments on, null where our own service did not confirm the order: price is for one licence and one charge, net and gross are for all licences and one whole charge, all with the extra charge. What became of it since stands in read.subscriptions.';

CREATE OR REPLACE VIEW read.customers WITH (security_invoker = true) AS
SELECT customer, name, reseller, time_zone, billing_day, separate_invoices, extra_charge_rate, country, vat_id, tax_rate,
    tax_exempt, partial_charges_invoicing, transaction_currency, version
FROM customer;
COMMENT ON VIEW read.customers IS
    'A row is one end customer as last stated; a field that nothing ever stated is null. billing_day 31 means the last day of the month.';

CREATE OR REPLACE VIEW read.resellers WITH (security_invoker = true) AS
SELECT reseller, name, country, vat_id, tax_rate, tax_exempt, extra_charge_rate, transaction_currency, version
FROM reseller;
COMMENT ON VIEW read.resellers IS
    'A row is one reseller of which more than its id was ever stated, as last stated; a field that nothing stated is null.';

CREATE OR REPLACE VIEW read.products WITH (security_invoker = true) AS
SELECT product, name, vendor, family, copied_from, deleted, tax_type, nce, charge, anchor, term, billing_frequency,
    free_period, price_protection_months, billing_plans, version
FROM product;
COMMENT ON VIEW read.products IS
    'A row is one product of the catalogue. copied_from names the product it was copied from, while it has no definition of its own; the rest is then what that was at the time. billing_plans is a JSON list of frequencies (P1M, P1Y), empty once deleted. Products that only orders name are not here.';

CREATE OR REPLACE VIEW read.list_prices WITH (security_invoker = true) AS
SELECT product, currency, term, billing_frequency, effective_from, unit_price,
    CASE WHEN store.sees_costs() THEN unit_cost END AS unit_cost, price_protection_months
FROM list_price;
COMMENT ON VIEW read.list_prices IS
    'A row is one list price, for one licence and one term, from a day on. term is "-" where it holds for terms of any length, billing_frequency "-" where it holds for any. The one with the latest effective_from that has come is the price of today. Resellers and customers see no unit_cost.';

CREATE OR REPLACE VIEW read.settings WITH (security_invoker = true) AS
SELECT 'organisation' AS scope, scope_id, key, effective_from, value, refused FROM organisation_setting
UNION ALL SELECT 'product', scope_id, key, effective_from, value, refused FROM product_setting
UNION ALL SELECT 'reseller', scope_id, key, effective_from, value, refused FROM reseller_setting
UNION ALL SELECT 'customer', scope_id, key, effective_from, value, refused FROM customer_setting;
COMMENT ON VIEW read.settings IS
    'A row is one setting of one scope from a date (or an instant) on; scope_id is empty for the organisation. refused says why one cannot hold: it changes nothing.';

-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON
    read.orders, read.order_items, read.customers,
    read.resellers, read.products, read.list_prices, read.settings
TO seatledger_api;
