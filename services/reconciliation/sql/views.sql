CREATE OR REPLACE VIEW read.vendor_accounts WITH (security_invoker = true) AS
SELECT vendor, account, snapshot, observed_at, failed
FROM vendor_account;

CREATE OR REPLACE VIEW read.vendor_subscriptions WITH (security_invoker = true) AS
SELECT vendor, account, vendor_subscription, product_key, name, quantity, status, raw_status, auto_renew,
    scheduled_cancel, term_end, parent, is_trial, migrated_from, used
FROM vendor_subscription;

CREATE OR REPLACE VIEW read.discrepancies WITH (security_invoker = true) AS
SELECT discrepancy, number, vendor, account, subscription, vendor_subscription, verdict, state, ours_quantity,
    ours_status, theirs_quantity, theirs_status, snapshot, found_at, ended_at, resolution, by, reason
FROM discrepancy;

CREATE OR REPLACE VIEW read.manual_invoicing WITH (security_invoker = true) AS
SELECT alignment, vendor, account, subscription, vendor_subscription, customer, action, aligned_at, by, amounts, refused
FROM manual_invoicing;
