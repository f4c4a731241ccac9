"""What Microsoft billed beside what it should have cost us: take a bill in, compare it with our own lines.

For the command line and for timers:

- `imports.import_billed(...)`: one invoice, by Graph's export, as soon as it is ready (from the 6th to the 8th)
- `imports.import_csv(...)`: a file that was downloaded from the portal, with one invoice or several
- `imports.cancel_invoice(...)`, `imports.cancel_voided(...)`: what Microsoft voided stays, and is compared no more
- `comparing.compare_costs(...)`: each subscription in a period, ours beside theirs, and rows that are nobody's here

They raise `shared.errors.UserError` for what a person did or can mend, and what concerns Microsoft
`services.reconciliation.vendors.connector.VendorError`. Nothing is ever a float. What reads a row (`columns`, `values`,
`rows`), Microsoft's proration (`proration`, `cycles`), our cost (`our_cost`), whose row it is (`matching`) and what
comes of it (`verdicts`) is pure.
"""
