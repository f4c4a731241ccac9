-- What the views say of themselves, and who reads them: the same whichever generation they show.
COMMENT ON VIEW read.orders IS
    'A row is one order: placed, executed (its items are subscriptions) or deleted. placed_at and executed_at are as upstream gave them: an instant (written in UTC) or a date. version changes with the content: what an ETag says.
Who sees which rows: the organisation every row, a reseller what it ordered and drafts for its customers, a customer its own.';
COMMENT ON COLUMN read.orders.order_id IS
    'Id of the order.';
COMMENT ON COLUMN read.orders.customer IS
    'Id of the end customer.';
COMMENT ON COLUMN read.orders.reseller IS
    'Id of the reseller that ordered; null where the customer did.';
COMMENT ON COLUMN read.orders.currency IS
    'Currency of the amounts, ISO 4217.';
COMMENT ON COLUMN read.orders.status IS
    'placed (a draft), executed (its items are subscriptions) or deleted.';
COMMENT ON COLUMN read.orders.placed_at IS
    'When it was placed: an instant in UTC or a date, as it was told; null where nothing told it.';
COMMENT ON COLUMN read.orders.executed_at IS
    'When it was executed, written alike; null until then.';
COMMENT ON COLUMN read.orders.version IS
    'Another one whenever its content is; nothing can be read out of it.';
COMMENT ON VIEW read.order_items IS
    'A row is one item of one order, as ordered: unit_price is for one licence and one term: with pricing rule and extra charge where our own service confirmed the order, as ordered where it did not. billing_plan is Monthly … where it pays in installments, null where the charge is one-off. From installments on, null where our own service did not confirm the order: price is for one licence and one charge, net and gross are for all licences and one whole charge, all with the extra charge. What became of it since stands in read.subscriptions.
Who sees which rows: who sees the order.';
COMMENT ON COLUMN read.order_items.order_id IS
    'Id of the order.';
COMMENT ON COLUMN read.order_items.subscription IS
    'Id of the subscription that the item is, or will be.';
COMMENT ON COLUMN read.order_items.item_id IS
    'Id of the item where it was ordered; null where that gave none.';
COMMENT ON COLUMN read.order_items.product IS
    'Id of the product in the catalogue.';
COMMENT ON COLUMN read.order_items.product_name IS
    'Name of the product as ordered; null where the order gave none.';
COMMENT ON COLUMN read.order_items.quantity IS
    'Seats ordered.';
COMMENT ON COLUMN read.order_items.unit_price IS
    'Net price of one seat and one term, in the currency of the order.';
COMMENT ON COLUMN read.order_items.term IS
    'Length of the term, ISO 8601 (P1Y); null without terms.';
COMMENT ON COLUMN read.order_items.billing_frequency IS
    'Length of a cycle, ISO 8601 (P1M); null where the catalogue or the default of a month says it.';
COMMENT ON COLUMN read.order_items.billing_plan IS
    'Monthly, Annual, … where it pays in installments; null where a term is one charge.';
COMMENT ON COLUMN read.order_items.installments IS
    'How many installments a term has; null where there are none, or our own service did not confirm the order.';
COMMENT ON COLUMN read.order_items.extra_charge_rate IS
    'What paying in installments costs more, as a fraction; null where our own service did not confirm the order.';
COMMENT ON COLUMN read.order_items.price IS
    'Net price of one seat and one charge, extra charge included; null where our own service did not confirm the order.';
COMMENT ON COLUMN read.order_items.net IS
    'Net of one whole charge of all seats; null where our own service did not confirm the order.';
COMMENT ON COLUMN read.order_items.gross IS
    'Net and tax of one whole charge of all seats; null where our own service did not confirm the order.';
COMMENT ON COLUMN read.order_items.first_billing_date IS
    'First day that is charged; null where it was not confirmed.';
COMMENT ON COLUMN read.order_items.free_until IS
    'Last day of the free period; null without one.';
COMMENT ON COLUMN read.order_items.note IS
    'What whoever ordered was told about the item; null where nothing was.';
COMMENT ON VIEW read.customers IS
    'A row is one end customer as last stated; a field that nothing ever stated is null. billing_day 31 means the last day of the month.
Who sees which rows: the organisation every row, a reseller those of its customers, a customer its own.';
COMMENT ON COLUMN read.customers.customer IS
    'Id of the end customer.';
COMMENT ON COLUMN read.customers.name IS
    'Name; null where nothing stated it.';
COMMENT ON COLUMN read.customers.reseller IS
    'Id of the reseller that pays for the customer; null where the customer pays itself.';
COMMENT ON COLUMN read.customers.time_zone IS
    'Time zone of the IANA database, in which the days of its subscriptions begin; null: UTC.';
COMMENT ON COLUMN read.customers.billing_day IS
    'Day of the month on which cycles begin; 31: its last day; null: 1, where an order does not say another.';
COMMENT ON COLUMN read.customers.separate_invoices IS
    'Whether its items have documents of their own; null: settings decide.';
COMMENT ON COLUMN read.customers.extra_charge_rate IS
    'What installments cost it more, as a fraction; null: its reseller''s, else settings.';
COMMENT ON COLUMN read.customers.country IS
    'Country, ISO 3166 (GR); null where nothing stated it.';
COMMENT ON COLUMN read.customers.vat_id IS
    'VAT number; null where nothing stated one.';
COMMENT ON COLUMN read.customers.tax_rate IS
    'Rate of tax set for it, as a fraction; null: by country and type of product.';
COMMENT ON COLUMN read.customers.tax_exempt IS
    'Whether no tax is charged; null where nothing stated it, which is no.';
COMMENT ON COLUMN read.customers.partial_charges_invoicing IS
    'billing_day or order_day: when parts of a cycle are invoiced; null: settings decide.';
COMMENT ON COLUMN read.customers.transaction_currency IS
    'Currency that it pays in, ISO 4217; null: that of its documents.';
COMMENT ON COLUMN read.customers.version IS
    'Another one whenever something else is stated; nothing can be read out of it.';
COMMENT ON VIEW read.resellers IS
    'A row is one reseller of which more than its id was ever stated, as last stated; a field that nothing stated is null.
Who sees which rows: the organisation every row, a reseller its own.';
COMMENT ON COLUMN read.resellers.reseller IS
    'Id of the reseller.';
COMMENT ON COLUMN read.resellers.name IS
    'Name; null where nothing stated it.';
COMMENT ON COLUMN read.resellers.country IS
    'Country, ISO 3166; null where nothing stated it.';
COMMENT ON COLUMN read.resellers.vat_id IS
    'VAT number; null where nothing stated one.';
COMMENT ON COLUMN read.resellers.tax_rate IS
    'Rate of tax set for it, as a fraction; null: by country and type of product.';
COMMENT ON COLUMN read.resellers.tax_exempt IS
    'Whether no tax is charged; null where nothing stated it, which is no.';
COMMENT ON COLUMN read.resellers.extra_charge_rate IS
    'What installments cost its customers more, as a fraction, where they have no rate of their own; null: settings.';
COMMENT ON COLUMN read.resellers.transaction_currency IS
    'Currency that it pays in, ISO 4217; null: that of its documents.';
COMMENT ON COLUMN read.resellers.version IS
    'Another one whenever something else is stated; nothing can be read out of it.';
COMMENT ON VIEW read.products IS
    'A row is one product of the catalogue. copied_from names the product it was copied from, while it has no definition of its own; the rest is then what that was at the time. billing_plans is a JSON list of frequencies (P1M, P1Y), empty once deleted. Products that only orders name are not here.
Who sees which rows: the organisation, resellers and customers every row.';
COMMENT ON COLUMN read.products.product IS
    'Id of the product in the catalogue.';
COMMENT ON COLUMN read.products.name IS
    'Name; null where only orders or prices named it.';
COMMENT ON COLUMN read.products.vendor IS
    'Vendor; null where nothing stated it.';
COMMENT ON COLUMN read.products.family IS
    'Family of products, by which some rules are chosen; null where nothing stated it.';
COMMENT ON COLUMN read.products.copied_from IS
    'Id of the product that it is a copy of, while it has no definition of its own; else null.';
COMMENT ON COLUMN read.products.deleted IS
    'Whether it can be ordered no more; what runs goes on.';
COMMENT ON COLUMN read.products.tax_type IS
    'Type of product for tax, such as book; null: the usual rate.';
COMMENT ON COLUMN read.products.nce IS
    'Whether Microsoft''s New Commerce rules hold: terms, windows of 168 hours, days (docs/billing/windows.md).';
COMMENT ON COLUMN read.products.charge IS
    'When a cycle is charged: before it, after it or once; null: before it.';
COMMENT ON COLUMN read.products.anchor IS
    'Whether cycles begin on the billing day or on the day of the order; null: the default of its kind.';
COMMENT ON COLUMN read.products.term IS
    'Length of a term, ISO 8601, where an order gives none; null: none.';
COMMENT ON COLUMN read.products.billing_frequency IS
    'Length of a cycle, ISO 8601, where an order gives none; null: a month.';
COMMENT ON COLUMN read.products.free_period IS
    'Whether it is free until the first billing day.';
COMMENT ON COLUMN read.products.price_protection_months IS
    'For how many months a new list price does not reach a subscription; null: not at all.';
COMMENT ON COLUMN read.products.billing_plans IS
    'JSON list of the frequencies in which a term may be paid (P1M, P1Y); empty once deleted.';
COMMENT ON COLUMN read.products.version IS
    'Another one whenever definition or prices are; nothing can be read out of it.';
COMMENT ON VIEW read.list_prices IS
    'A row is one list price, for one licence and one term, from a day on. term is "-" where it holds for terms of any length, billing_frequency "-" where it holds for any. The one with the latest effective_from that has come is the price of today. Resellers and customers see no unit_cost.
Who sees which rows: the organisation, resellers and customers every row.';
COMMENT ON COLUMN read.list_prices.product IS
    'Id of the product in the catalogue.';
COMMENT ON COLUMN read.list_prices.currency IS
    'Currency of the amounts, ISO 4217.';
COMMENT ON COLUMN read.list_prices.term IS
    'Length of the term that it is for, ISO 8601; "-": any.';
COMMENT ON COLUMN read.list_prices.billing_frequency IS
    'Length of the cycle that it is for, ISO 8601; "-": any.';
COMMENT ON COLUMN read.list_prices.effective_from IS
    'First day on which it holds.';
COMMENT ON COLUMN read.list_prices.unit_price IS
    'Net list price of one seat and one term.';
COMMENT ON COLUMN read.list_prices.unit_cost IS
    'What one seat and one term costs the organisation; null where it is not known, and for resellers and customers.';
COMMENT ON COLUMN read.list_prices.price_protection_months IS
    'For how many months a later price does not reach who bought at this one; null: as the product says.';
COMMENT ON VIEW read.settings IS
    'A row is one setting of one scope from a date (or an instant) on; scope_id is empty for the organisation. refused says why one cannot hold: it changes nothing.
Who sees which rows: organisation and products: the organisation alone; resellers and customers: who sees the account.';
COMMENT ON COLUMN read.settings.scope IS
    'organisation, product, reseller or customer: what it is set for.';
COMMENT ON COLUMN read.settings.scope_id IS
    'Id of the product, reseller or customer; empty for the organisation.';
COMMENT ON COLUMN read.settings.key IS
    'Name of the setting (docs/billing/settings.md).';
COMMENT ON COLUMN read.settings.effective_from IS
    'From when it holds: a date, or an instant in UTC.';
COMMENT ON COLUMN read.settings.value IS
    'What it is set to, as text.';
COMMENT ON COLUMN read.settings.refused IS
    'Why it cannot hold and changes nothing; null where it holds.';
-- The APIs read under this role; which rows, say the policies of the tables.
GRANT SELECT ON
    read.orders, read.order_items, read.customers,
    read.resellers, read.products, read.list_prices, read.settings
TO seatledger_api;
