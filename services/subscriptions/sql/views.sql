CREATE OR REPLACE VIEW read.subscriptions WITH (security_invoker = true) AS
SELECT subscription, status, quantity, unit_price, billing_plan, term_start, term_end, protected_until,
    customer, reseller, product, vendor, currency, auto_renew, scheduled, vendor_subscription, parent, is_trial,
    told_until, search_text
FROM subscription;

CREATE OR REPLACE VIEW read.seat_changes WITH (security_invoker = true) AS
SELECT subscription, customer, reseller, product, vendor, (entry ->> 0)::date AS "on", (entry ->> 1)::integer AS seats,
    (entry ->> 2)::integer AS change
FROM subscription, jsonb_array_elements(seat_history) AS entries (entry);

CREATE OR REPLACE VIEW read.rejected_events WITH (security_invoker = true) AS
SELECT subscription, source, id, type, reason
FROM rejected_event
UNION ALL
SELECT NULL, source, id, type, reason
FROM rejected_setting;

CREATE OR REPLACE VIEW read.subscription_versions WITH (security_invoker = true) AS
SELECT scope_id AS subscription,
    left(encode(sha256(convert_to(
        string_agg(source || ' ' || id, ',' ORDER BY (source || ' ' || id) COLLATE "C"), 'UTF8')), 'hex'), 32) AS version
FROM (
    SELECT scope_id, source, id FROM fact WHERE scope = 'subscription'
    UNION ALL
    SELECT scope_id, line::json ->> 0, line::json ->> 1
    FROM packed_fact, string_to_table(convert_from(facts, 'UTF8'), E'\n') WITH ORDINALITY AS lines (line, place)
    WHERE scope = 'subscription' AND place % 2 = 1
) AS known
GROUP BY scope_id;
