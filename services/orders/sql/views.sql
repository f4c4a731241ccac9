-- Columns are added at the end: a view that is replaced keeps those it had, in their order.
CREATE OR REPLACE VIEW read.orders WITH (security_invoker = true) AS
SELECT order_id, customer, reseller, currency, status, placed_at, executed_at, version
FROM sales_order;

CREATE OR REPLACE VIEW read.order_items WITH (security_invoker = true) AS
SELECT order_id, subscription, item_id, product, product_name, quantity, unit_price, term, billing_frequency, billing_plan,
    installments, extra_charge_rate, price, net, gross, first_billing_date, free_until, note
FROM sales_order_item;

CREATE OR REPLACE VIEW read.customers WITH (security_invoker = true) AS
SELECT customer, name, reseller, time_zone, billing_day, separate_invoices, extra_charge_rate, country, vat_id, tax_rate,
    tax_exempt, partial_charges_invoicing, transaction_currency, version
FROM customer;

CREATE OR REPLACE VIEW read.resellers WITH (security_invoker = true) AS
SELECT reseller, name, country, vat_id, tax_rate, tax_exempt, extra_charge_rate, transaction_currency, version
FROM reseller;

CREATE OR REPLACE VIEW read.products WITH (security_invoker = true) AS
SELECT product, name, vendor, family, copied_from, deleted, tax_type, nce, charge, anchor, term, billing_frequency,
    free_period, price_protection_months, billing_plans, version
FROM product;

CREATE OR REPLACE VIEW read.list_prices WITH (security_invoker = true) AS
SELECT product, currency, term, billing_frequency, effective_from, unit_price,
    CASE WHEN (SELECT store.sees_costs()) THEN unit_cost END AS unit_cost, price_protection_months
FROM list_price;

CREATE OR REPLACE VIEW read.settings WITH (security_invoker = true) AS
SELECT 'organisation' AS scope, scope_id, key, effective_from, value, refused FROM organisation_setting
UNION ALL SELECT 'product', scope_id, key, effective_from, value, refused FROM product_setting
UNION ALL SELECT 'reseller', scope_id, key, effective_from, value, refused FROM reseller_setting
UNION ALL SELECT 'customer', scope_id, key, effective_from, value, refused FROM customer_setting;
