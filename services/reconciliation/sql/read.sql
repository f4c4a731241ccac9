-- What the views say of themselves, and who reads them: the same whichever generation they show.
COMMENT ON VIEW read.vendor_accounts IS
    'A row is one account of a vendor as it was last found to be another than before. failed says why the vendor did not show it; what it had before then still stands in read.vendor_subscriptions.';
COMMENT ON VIEW read.vendor_subscriptions IS
    'A row is one subscription as its vendor has it: status in our words, raw_status in the vendor''s. term_end is the last moment of the term.';
COMMENT ON VIEW read.discrepancies IS
    'A row is one time that a vendor and we began to differ on a subscription: open, ignored (somebody lets it be while both sides stay as they are), or over: by agreement (AGREED), by an action, or because they differ otherwise now (CHANGED).';
-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON read.vendor_accounts, read.vendor_subscriptions, read.discrepancies TO seatledger_api;
