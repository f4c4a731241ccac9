-- What the views say of themselves, and who reads them: the same whichever generation they show.
COMMENT ON VIEW read.subscriptions IS
    'A row is one subscription as it is today: its status, the seats held and what one licence costs a cycle (with installments: one installment, extra charge included). scheduled is what is known to come, null where nothing is. vendor_subscription is what its vendor calls it, parent what it is an add-on of; told_until is when the latest of its events was known.
Who sees which rows: the organisation every row, a reseller those of its customers, a customer its own.';
COMMENT ON COLUMN read.subscriptions.subscription IS
    'Id of the subscription, ours.';
COMMENT ON COLUMN read.subscriptions.status IS
    'pending, active, suspended, expired, disabled, deleted, canceled or failed, on the day of the projection''s clock (rule R5.8): expired for 30 days after the end of a term that was not renewed, then disabled for 90, then deleted.';
COMMENT ON COLUMN read.subscriptions.quantity IS
    'Seats held that day; of one that has ended those of its last day.';
COMMENT ON COLUMN read.subscriptions.unit_price IS
    'Net price of one seat and one cycle, as it holds that day; with installments of one installment, extra charge included. In currency.';
COMMENT ON COLUMN read.subscriptions.billing_plan IS
    'How often a term of several cycles is invoiced: Monthly, Annual, …; "-" where a term is one charge.';
COMMENT ON COLUMN read.subscriptions.term_start IS
    'First day of the running term; of one that has ended its last term.';
COMMENT ON COLUMN read.subscriptions.term_end IS
    'Last day of the running term, covered; without terms the day it began.';
COMMENT ON COLUMN read.subscriptions.protected_until IS
    'Last day on which a new list price does not reach it; null where its price is not protected (rule R2.4).';
COMMENT ON COLUMN read.subscriptions.customer IS
    'Id of the end customer.';
COMMENT ON COLUMN read.subscriptions.reseller IS
    'Id of the reseller that pays for the customer; null where the customer pays itself.';
COMMENT ON COLUMN read.subscriptions.product IS
    'Id of the product in the catalogue.';
COMMENT ON COLUMN read.subscriptions.vendor IS
    'Vendor of the product; null where nothing said it.';
COMMENT ON COLUMN read.subscriptions.currency IS
    'Currency of the amounts, ISO 4217.';
COMMENT ON COLUMN read.subscriptions.auto_renew IS
    'Whether the term is renewed when it ends.';
COMMENT ON COLUMN read.subscriptions.scheduled IS
    'What is known to come and has not taken effect: seats, status, conversion, another term, price, end, each with its first day; null where nothing is.';
COMMENT ON COLUMN read.subscriptions.vendor_subscription IS
    'What the vendor calls it; null where nobody said it.';
COMMENT ON COLUMN read.subscriptions.parent IS
    'Id of the subscription that it is an add-on of; null where it is none.';
COMMENT ON COLUMN read.subscriptions.is_trial IS
    'Whether it is in its free trial that day.';
COMMENT ON COLUMN read.subscriptions.told_until IS
    'When the latest of its events became known, in UTC.';
COMMENT ON COLUMN read.subscriptions.search_text IS
    'Its ids in lower case, to be searched.';
COMMENT ON VIEW read.seat_changes IS
    'A row is one day on which the active seats of one subscription became others: seats from that day on (0 while it is suspended, has failed or is over), and by how many they changed. The changes up to a day, added up, are the seats active on it.
Who sees which rows: the organisation every row, a reseller those of its customers, a customer its own.';
COMMENT ON COLUMN read.seat_changes.subscription IS
    'Id of the subscription, ours.';
COMMENT ON COLUMN read.seat_changes.customer IS
    'Id of the end customer.';
COMMENT ON COLUMN read.seat_changes.reseller IS
    'Id of the reseller that pays for the customer; null where the customer pays itself.';
COMMENT ON COLUMN read.seat_changes.product IS
    'Id of the product in the catalogue.';
COMMENT ON COLUMN read.seat_changes.vendor IS
    'Vendor of the product; null where nothing said it.';
COMMENT ON COLUMN read.seat_changes."on" IS
    'First day of these seats.';
COMMENT ON COLUMN read.seat_changes.seats IS
    'Active seats from that day on.';
COMMENT ON COLUMN read.seat_changes.change IS
    'How many more they are than before; fewer with a minus.';
COMMENT ON VIEW read.rejected_events IS
    'A row is one event that the billing rules refuse for one subscription (or, without one, for everybody: a setting), with the reason in words. The event itself is kept.
Who sees which rows: the organisation every row, a reseller and a customer those of the subscriptions that they see; settings the organisation alone.';
COMMENT ON COLUMN read.rejected_events.subscription IS
    'Id of the subscription that the event is about; null where it is a setting, which is about everybody.';
COMMENT ON COLUMN read.rejected_events.source IS
    'Source of the event: with id it is unique.';
COMMENT ON COLUMN read.rejected_events.id IS
    'Id of the event.';
COMMENT ON COLUMN read.rejected_events.type IS
    'Type of the event, such as LicensesChanged.';
COMMENT ON COLUMN read.rejected_events.reason IS
    'Why it changes nothing, in a sentence.';
COMMENT ON VIEW read.subscription_versions IS
    'A row is the version of one subscription: another one whenever something more is known of it (the ETag of the API).
Who sees which rows: the organisation every row, a reseller those of its customers, a customer its own.';
COMMENT ON COLUMN read.subscription_versions.subscription IS
    'Id of the subscription, ours.';
COMMENT ON COLUMN read.subscription_versions.version IS
    'Another one whenever something more is known of it; nothing can be read out of it.';
-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON read.subscriptions, read.seat_changes, read.rejected_events, read.subscription_versions TO seatledger_api;
