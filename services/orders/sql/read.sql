-- What the views say of themselves, and who reads them: the same whichever generation they show.
COMMENT ON VIEW read.orders IS
    'A row is one order: placed, executed (its items are subscriptions) or deleted. placed_at and executed_at are as upstream gave them: an instant (written in UTC) or a date. version changes with the content: what an ETag says.';
COMMENT ON VIEW read.order_items IS
    'A row is one item of one order, as ordered: unit_price is for one licence and one term: with pricing rule and extra charge where our own service confirmed the order, as ordered where it did not. billing_plan is Monthly … where it pays in installments, null where the charge is one-off. From installments on, null where our own service did not confirm the order: price is for one licence and one charge, net and gross are for all licences and one whole charge, all with the extra charge. What became of it since stands in read.subscriptions.';
COMMENT ON VIEW read.customers IS
    'A row is one end customer as last stated; a field that nothing ever stated is null. billing_day 31 means the last day of the month.';
COMMENT ON VIEW read.resellers IS
    'A row is one reseller of which more than its id was ever stated, as last stated; a field that nothing stated is null.';
COMMENT ON VIEW read.products IS
    'A row is one product of the catalogue. copied_from names the product it was copied from, while it has no definition of its own; the rest is then what that was at the time. billing_plans is a JSON list of frequencies (P1M, P1Y), empty once deleted. Products that only orders name are not here.';
COMMENT ON VIEW read.list_prices IS
    'A row is one list price, for one licence and one term, from a day on. term is "-" where it holds for terms of any length, billing_frequency "-" where it holds for any. The one with the latest effective_from that has come is the price of today. Resellers and customers see no unit_cost.';
COMMENT ON VIEW read.settings IS
    'A row is one setting of one scope from a date (or an instant) on; scope_id is empty for the organisation. refused says why one cannot hold: it changes nothing.';
-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON
    read.orders, read.order_items, read.customers,
    read.resellers, read.products, read.list_prices, read.settings
TO seatledger_api;
