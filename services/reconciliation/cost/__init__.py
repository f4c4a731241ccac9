"""What Microsoft billed beside what it should have cost us: take a bill in, compare it with our own lines.

For the command line and for timers:

- `graph_import.import_billed(...)`: one invoice by Graph's export, as soon as it is ready (from the 6th to the 8th of a month)
- `csv_upload.import_csv(...)`: a file downloaded from the portal, with one invoice or several
- `invoices.cancel_invoice(...)`: an invoice that Microsoft voided; it stays, and is compared no more
- `comparing.compare_costs(...)`: each subscription of a period, ours beside theirs, and rows that are nobody's here

All of them raise `shared.errors.UserError` for what a person did or can mend, and what reaches Microsoft
`services.reconciliation.vendors.connector.VendorError`. Everything is read and reckoned without floats: columns, values
and rows (`columns`, `values`, `rows`), Microsoft's proration (`proration`, `cycles`), our cost (`our_cost`), whose row
it is (`matching`) and what comes of it (`verdicts`) are pure.
"""
