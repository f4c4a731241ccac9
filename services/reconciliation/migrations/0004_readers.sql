-- Logins that read the views have what the role of the APIs has, and write their own queries: the views have to be the
-- only door here too. They need no right to the schema, for they name the table by themselves.
REVOKE USAGE ON SCHEMA reconciliation FROM seatledger_api;

-- A reseller reads what was compared through the API alone, which knows whether its beta is over (rule R7.1).
DROP POLICY theirs ON reconciliation.compared;
CREATE POLICY theirs ON reconciliation.compared FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR current_user = 'seatledger_api' AND reseller = (SELECT store.sees_as('reseller'))
);

-- What the views say of themselves, column by column.
COMMENT ON VIEW read.reconciliation IS
    'A row is one subscription or add-on as the last comparison with its vendor found it: what both sides have, and the verdict.
Who sees which rows: the organisation every row; a reseller, through the API and after the beta alone, those of its customers.';
COMMENT ON COLUMN read.reconciliation.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.reconciliation.row IS
    'Id of the row in the comparison with its vendor.';
COMMENT ON COLUMN read.reconciliation.verdicts IS
    'List: OK, NOT_COMPARABLE, or one or more of QUANTITY_MISMATCH, STATUS_MISMATCH, MISSING_IN_VENDOR, MISSING_IN_BSS.';
COMMENT ON COLUMN read.reconciliation.subscription IS
    'Id of the subscription, ours; null where only the vendor has it.';
COMMENT ON COLUMN read.reconciliation.vendor_subscription IS
    'What the vendor calls it, or what ours is linked to; null where it is not known.';
COMMENT ON COLUMN read.reconciliation.account IS
    'Id of the account (a tenant, a customer) where the vendor has it; null where that is not known.';
COMMENT ON COLUMN read.reconciliation.customer IS
    'Id of the end customer; null where only the vendor has it.';
COMMENT ON COLUMN read.reconciliation.reseller IS
    'Id of the reseller that pays for the customer; null where the customer pays itself, or where only the vendor has it.';
COMMENT ON COLUMN read.reconciliation.product IS
    'Id of the product in the catalogue; null where only the vendor has it.';
COMMENT ON COLUMN read.reconciliation.product_key IS
    'What the vendor calls the product; null where only we have it.';
COMMENT ON COLUMN read.reconciliation.name IS
    'Name of the product or subscription at the vendor; null where it gives none.';
COMMENT ON COLUMN read.reconciliation.is_addon IS
    'Whether it is an add-on, on either side.';
COMMENT ON COLUMN read.reconciliation.is_trial IS
    'Whether it is a trial, on either side.';
COMMENT ON COLUMN read.reconciliation.ours_quantity IS
    'Seats on our side as they were compared; null where we have none of it.';
COMMENT ON COLUMN read.reconciliation.ours_status IS
    'Status on our side; null where we have none of it.';
COMMENT ON COLUMN read.reconciliation.theirs_quantity IS
    'Seats on the vendor''s side; null where it has none of it.';
COMMENT ON COLUMN read.reconciliation.theirs_status IS
    'Status on the vendor''s side, in our words; null where it has none of it.';
COMMENT ON COLUMN read.reconciliation.raw_status IS
    'Status in the vendor''s word; null where it has none of it.';
COMMENT ON COLUMN read.reconciliation.warnings IS
    'List of what is worth a look beside the verdict: EXTENDED_SERVICE_TERM, RENEWAL_DIFFERS, USED_ABOVE_SOLD.';
COMMENT ON COLUMN read.reconciliation.reason IS
    'Why it is not comparable; null where it is, and for resellers.';
COMMENT ON COLUMN read.reconciliation.candidates IS
    'Ids on the other side that it may be the same as; empty for resellers.';
COMMENT ON COLUMN read.reconciliation.snapshot IS
    'Id of the look, or of the comparison, that an action on it has to quote.';
COMMENT ON COLUMN read.reconciliation.looked_at IS
    'When the account was looked at, in UTC; null where it never was.';
COMMENT ON COLUMN read.reconciliation.told_until IS
    'When the latest of the events on our side became known, in UTC; null where only the vendor has it.';
COMMENT ON VIEW read.vendor_looks IS
    'A row is one account of a vendor as it was last looked at.
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.vendor_looks.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.vendor_looks.account IS
    'Id of the account (a tenant, a customer) where the vendor has it.';
COMMENT ON COLUMN read.vendor_looks.name IS
    'Name of the account at the vendor.';
COMMENT ON COLUMN read.vendor_looks.domain IS
    'Domain of the account; null where the vendor gives none.';
COMMENT ON COLUMN read.vendor_looks.looked_at IS
    'When it was last looked at, in UTC.';
COMMENT ON COLUMN read.vendor_looks.failed IS
    'Why it was not observed then; null where it was.';
COMMENT ON COLUMN read.vendor_looks.hinted IS
    'Whether a hint of the vendor''s led there, and no sweep since.';
COMMENT ON COLUMN read.vendor_looks.snapshot IS
    'Id of the event that says what it holds; null where it was never observed.';
COMMENT ON VIEW read.sweeps IS
    'A row is one look at all accounts of a vendor.
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.sweeps.sweep IS
    'Number of the sweep.';
COMMENT ON COLUMN read.sweeps.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.sweeps.began_at IS
    'When it began, in UTC.';
COMMENT ON COLUMN read.sweeps.finished_at IS
    'When it was finished, in UTC; null where it goes on or was interrupted.';
COMMENT ON COLUMN read.sweeps.by IS
    'Who had it made.';
COMMENT ON COLUMN read.sweeps.accounts IS
    'How many accounts it has looked at.';
COMMENT ON COLUMN read.sweeps.failed IS
    'How many of them did not answer.';
COMMENT ON VIEW read.vendor_tasks IS
    'A row is something that a vendor is to do: waiting, done, or failed.
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.vendor_tasks.task IS
    'Id of the task, which goes along with the request: asked twice it is done once.';
COMMENT ON COLUMN read.vendor_tasks.kind IS
    'provision or change_quantity.';
COMMENT ON COLUMN read.vendor_tasks.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.vendor_tasks.account IS
    'Id of the account (a tenant, a customer) where the vendor has it; null until it has one.';
COMMENT ON COLUMN read.vendor_tasks.customer IS
    'Id of the end customer; null where the task is about a subscription that runs.';
COMMENT ON COLUMN read.vendor_tasks.subscription IS
    'Id of the subscription, ours.';
COMMENT ON COLUMN read.vendor_tasks.vendor_subscription IS
    'What the vendor calls it; null until it has it.';
COMMENT ON COLUMN read.vendor_tasks.quantity IS
    'Seats that the vendor is to have.';
COMMENT ON COLUMN read.vendor_tasks.snapshot IS
    'Id of the look that it was decided on; null for what was ordered.';
COMMENT ON COLUMN read.vendor_tasks.by IS
    'Who asked for it.';
COMMENT ON COLUMN read.vendor_tasks.asked_at IS
    'When, in UTC.';
COMMENT ON COLUMN read.vendor_tasks.state IS
    'waiting, done or failed.';
COMMENT ON COLUMN read.vendor_tasks.attempts IS
    'How often it was tried.';
COMMENT ON COLUMN read.vendor_tasks.next_at IS
    'When it is tried next, or was last meant to be, in UTC.';
COMMENT ON COLUMN read.vendor_tasks.ended_at IS
    'When it was done or had failed, in UTC; null while it waits.';
COMMENT ON COLUMN read.vendor_tasks.error IS
    'What the vendor, or the way there, said the last time it failed; null where it never did.';
