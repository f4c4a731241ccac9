-- What the views say of themselves, and who reads them: the same whichever generation they show.
COMMENT ON VIEW read.vendor_accounts IS
    'A row is one account of a vendor as it was last found to be another than before. failed says why the vendor did not show it; what it had before then still stands in read.vendor_subscriptions.
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.vendor_accounts.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.vendor_accounts.account IS
    'Id of the account (a tenant, a customer) where the vendor has it.';
COMMENT ON COLUMN read.vendor_accounts.snapshot IS
    'Id of the event that says what was found last.';
COMMENT ON COLUMN read.vendor_accounts.observed_at IS
    'When the vendor was asked, in UTC.';
COMMENT ON COLUMN read.vendor_accounts.failed IS
    'Why the vendor did not show it; null where it did.';
COMMENT ON VIEW read.vendor_subscriptions IS
    'A row is one subscription as its vendor has it: status in our words, raw_status in the vendor''s. term_end is the last moment of the term.
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.vendor_subscriptions.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.vendor_subscriptions.account IS
    'Id of the account (a tenant, a customer) where the vendor has it.';
COMMENT ON COLUMN read.vendor_subscriptions.vendor_subscription IS
    'What the vendor calls the subscription, in small letters.';
COMMENT ON COLUMN read.vendor_subscriptions.product_key IS
    'What the vendor calls the product.';
COMMENT ON COLUMN read.vendor_subscriptions.name IS
    'Name of the product or subscription there; null where the vendor gives none.';
COMMENT ON COLUMN read.vendor_subscriptions.quantity IS
    'Seats that the vendor has.';
COMMENT ON COLUMN read.vendor_subscriptions.status IS
    'Its status in our words: those of read.subscriptions.';
COMMENT ON COLUMN read.vendor_subscriptions.raw_status IS
    'Its status in the vendor''s word.';
COMMENT ON COLUMN read.vendor_subscriptions.auto_renew IS
    'Whether the vendor renews it; null where it does not say so.';
COMMENT ON COLUMN read.vendor_subscriptions.scheduled_cancel IS
    'Whether it ends with its term there; null where the vendor does not say so.';
COMMENT ON COLUMN read.vendor_subscriptions.term_end IS
    'Last moment of its term, in UTC; null where the vendor does not say so.';
COMMENT ON COLUMN read.vendor_subscriptions.parent IS
    'What the vendor calls the subscription that it is an add-on of; null where it is none.';
COMMENT ON COLUMN read.vendor_subscriptions.is_trial IS
    'Whether it is a trial there; null where the vendor does not say so.';
COMMENT ON COLUMN read.vendor_subscriptions.migrated_from IS
    'Id that the vendor had for it before; null without one.';
COMMENT ON COLUMN read.vendor_subscriptions.used IS
    'Seats that somebody uses; null where the vendor does not say so.';
COMMENT ON VIEW read.discrepancies IS
    'A row is one time that a vendor and we began to differ on a subscription: open, ignored (somebody lets it be while both sides stay as they are), or over: by agreement (AGREED), by an action, or because they differ otherwise now (CHANGED).
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.discrepancies.discrepancy IS
    'Id of the difference: the same one whenever the same subscription differs in the same way.';
COMMENT ON COLUMN read.discrepancies.number IS
    'Which time it is that both sides began to differ so, from 1 on.';
COMMENT ON COLUMN read.discrepancies.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.discrepancies.account IS
    'Id of the account (a tenant, a customer) where the vendor has it; null where that is not known.';
COMMENT ON COLUMN read.discrepancies.subscription IS
    'Id of the subscription, ours; null where only the vendor has it.';
COMMENT ON COLUMN read.discrepancies.vendor_subscription IS
    'What the vendor calls it; null where it is not known.';
COMMENT ON COLUMN read.discrepancies.verdict IS
    'QUANTITY_MISMATCH, STATUS_MISMATCH, MISSING_IN_VENDOR or MISSING_IN_BSS.';
COMMENT ON COLUMN read.discrepancies.state IS
    'open, ignored (somebody lets it be while both sides stay as they are) or over.';
COMMENT ON COLUMN read.discrepancies.ours_quantity IS
    'Seats on our side as they were compared; null where we have none of it.';
COMMENT ON COLUMN read.discrepancies.ours_status IS
    'Status on our side; null where we have none of it.';
COMMENT ON COLUMN read.discrepancies.theirs_quantity IS
    'Seats on the vendor''s side; null where it has none of it.';
COMMENT ON COLUMN read.discrepancies.theirs_status IS
    'Status on the vendor''s side, in our words; null where it has none of it.';
COMMENT ON COLUMN read.discrepancies.snapshot IS
    'Id of the look at the vendor that it was found in.';
COMMENT ON COLUMN read.discrepancies.found_at IS
    'When it was found, in UTC.';
COMMENT ON COLUMN read.discrepancies.ended_at IS
    'When it ended, or was ignored, in UTC; null while it is open.';
COMMENT ON COLUMN read.discrepancies.resolution IS
    'What ended it: AGREED, CHANGED (they differ otherwise now), or the action that was taken; null while it is open.';
COMMENT ON COLUMN read.discrepancies.by IS
    'Who took the action; null where nobody did.';
COMMENT ON COLUMN read.discrepancies.reason IS
    'Why, as whoever acted said, or why what was asked of the vendor came to nothing; null without one.';
COMMENT ON VIEW read.manual_invoicing IS
    'A row is one alignment with a vendor that billed nothing, where billed normally something else would have been issued: what is left to be invoiced by hand.
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.manual_invoicing.alignment IS
    'Id of the alignment, by which read.settled_by_hand says that it is done.';
COMMENT ON COLUMN read.manual_invoicing.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.manual_invoicing.account IS
    'Id of the account (a tenant, a customer) where the vendor has it.';
COMMENT ON COLUMN read.manual_invoicing.subscription IS
    'Id of the subscription, ours.';
COMMENT ON COLUMN read.manual_invoicing.vendor_subscription IS
    'What the vendor calls it; null where it is not known.';
COMMENT ON COLUMN read.manual_invoicing.customer IS
    'Id of the end customer.';
COMMENT ON COLUMN read.manual_invoicing.action IS
    'ALIGN_BSS_QUANTITY or ALIGN_BSS_STATUS.';
COMMENT ON COLUMN read.manual_invoicing.aligned_at IS
    'When it was aligned, in UTC.';
COMMENT ON COLUMN read.manual_invoicing.by IS
    'Who aligned it.';
COMMENT ON COLUMN read.manual_invoicing.amounts IS
    'List: of each day and currency the net, tax and gross that its documents came to more if it were billed; negative where less. As reckoned when it was aligned.';
COMMENT ON COLUMN read.manual_invoicing.refused IS
    'Why the rules would not have it billed, then there is no amount; null where they would.';
-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON read.vendor_accounts, read.vendor_subscriptions, read.discrepancies, read.manual_invoicing
    TO seatledger_api;
