-- What the views say of themselves, and who reads them: the same whichever generation they show.
COMMENT ON VIEW read.subscriptions IS
    'A row is one subscription as it is today: its status, the seats held and what one licence costs a cycle (with installments: one installment, extra charge included). scheduled is what is known to come, null where nothing is. vendor_subscription is what its vendor calls it, parent what it is an add-on of; told_until is when the latest of its events was known, search_text its ids in lower case, to be searched.';
COMMENT ON VIEW read.seat_changes IS
    'A row is one day on which the active seats of one subscription became others: seats from that day on (0 while it is suspended, has failed or is over), and by how many they changed. The changes up to a day, added up, are the seats active on it.';
COMMENT ON VIEW read.rejected_events IS
    'A row is one event that the billing rules refuse for one subscription (or, without one, for everybody: a setting), with the reason in words. The event itself is kept.';
COMMENT ON VIEW read.subscription_versions IS
    'A row is the version of one subscription: another one whenever something more is known of it (the ETag of the API).';
-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON read.subscriptions, read.seat_changes, read.rejected_events, read.subscription_versions TO seatledger_api;
