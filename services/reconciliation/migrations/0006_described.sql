-- Costs are compared over the tables themselves, by the role of the APIs. Logins that read the views inherit that: policies
-- leave nothing of any table here to who is of a reseller.
GRANT USAGE ON SCHEMA reconciliation TO seatledger_api;

-- What the views say of themselves, column by column.
COMMENT ON VIEW read.vendor_bills IS
    'A row is one invoice of a vendor in the version that counts: who took it in, for which days, how much in which currency. One that is cancelled is compared no more.
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.vendor_bills.vendor IS
    'Name of the vendor.';
COMMENT ON COLUMN read.vendor_bills.invoice IS
    'Number of the invoice at the vendor.';
COMMENT ON COLUMN read.vendor_bills.version IS
    'Which version of its data this is.';
COMMENT ON COLUMN read.vendor_bills.source IS
    'graph (asked of the vendor) or csv (a file).';
COMMENT ON COLUMN read.vendor_bills.file IS
    'Name of the file; null where there was none.';
COMMENT ON COLUMN read.vendor_bills.imported_at IS
    'When it was taken in, in UTC.';
COMMENT ON COLUMN read.vendor_bills.imported_by IS
    'Who took it in.';
COMMENT ON COLUMN read.vendor_bills.rows IS
    'How many rows it has.';
COMMENT ON COLUMN read.vendor_bills.from_day IS
    'First day that a row covers; null without rows.';
COMMENT ON COLUMN read.vendor_bills.to_day IS
    'Last day that a row covers; null without rows.';
COMMENT ON COLUMN read.vendor_bills.amounts IS
    'Sum of its rows by currency, before tax: {currency: amount}.';
COMMENT ON COLUMN read.vendor_bills.cancelled_at IS
    'When it was cancelled, in UTC; null where it counts.';
COMMENT ON COLUMN read.vendor_bills.cancelled_by IS
    'Who cancelled it; null where it counts.';
COMMENT ON COLUMN read.vendor_bills.cancelled_because IS
    'Why, as they said; null where it counts.';
