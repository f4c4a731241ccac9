CREATE OR REPLACE VIEW read.subscriptions WITH (security_invoker = true) AS
SELECT subscription, status, quantity, unit_price, billing_plan, term_start, term_end, protected_until,
    customer, reseller, product, vendor, currency, auto_renew, scheduled
FROM subscription;
COMMENT ON VIEW read.subscriptions IS
    'A row is one subscription as it is today: its status, the seats held and what one licence costs a cycle (with installments: one installment, extra charge included). scheduled is what is known to come, null where nothing is.';

CREATE OR REPLACE VIEW read.rejected_events WITH (security_invoker = true) AS
SELECT subscription, source, id, type, reason
FROM rejected_event
UNION ALL
SELECT NULL, source, id, type, reason
FROM rejected_setting;
COMMENT ON VIEW read.rejected_events IS
    'A row is one event that the billing rules refuse for one subscription (or, without one, for everybody: a setting), with the reason in words. The event itself is kept.';

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
COMMENT ON VIEW read.subscription_versions IS
    'A row is the version of one subscription: another one whenever something more is known of it (the ETag of the API).';

-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON read.subscriptions, read.rejected_events, read.subscription_versions TO seatledger_api;
