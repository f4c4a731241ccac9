-- What the views say of themselves, column by column.
COMMENT ON VIEW read.letterheads IS
    'A row is how the organisation or one recipient of documents stands on paper from a day on, until the next row of it.
Who sees which rows: that of the organisation everybody; those of recipients the organisation, and each recipient its own.';
COMMENT ON COLUMN read.letterheads.scope IS
    'organisation or recipient.';
COMMENT ON COLUMN read.letterheads.id IS
    'Id of the recipient, a reseller or a customer; empty for the organisation.';
COMMENT ON COLUMN read.letterheads.holds_from IS
    'First day whose documents it is on.';
COMMENT ON COLUMN read.letterheads.content IS
    'Names, address, VAT number, bank, language and the like, as they were given.';
COMMENT ON COLUMN read.letterheads.logo IS
    'Picture, PNG or SVG; null without one.';
COMMENT ON COLUMN read.letterheads.set_at IS
    'When it was set, in UTC.';
COMMENT ON COLUMN read.letterheads.set_by IS
    'Who set it.';
COMMENT ON VIEW read.document_names IS
    'A row is what the recipient, the customers and the products of one document were called when it was issued.
Who sees which rows: the organisation every row, a reseller and a customer those of the documents that they pay themselves.';
COMMENT ON COLUMN read.document_names.document IS
    'Number of the document.';
COMMENT ON COLUMN read.document_names.names IS
    'Recipient, customers and products with their names of that time.';
COMMENT ON VIEW read.delivery_destinations IS
    'A row is one address that documents go to.
Who sees which rows: the organisation every row; a reseller, or a customer, those of its own documents.';
COMMENT ON COLUMN read.delivery_destinations.destination IS
    'Id of the destination.';
COMMENT ON COLUMN read.delivery_destinations.recipient IS
    'Id of the recipient whose documents go there; null: everybody''s.';
COMMENT ON COLUMN read.delivery_destinations.channel IS
    'email or webhook.';
COMMENT ON COLUMN read.delivery_destinations.address IS
    'E-mail address, or URL of the endpoint.';
COMMENT ON COLUMN read.delivery_destinations.created_at IS
    'Since when documents go there: what is issued afterwards.';
COMMENT ON COLUMN read.delivery_destinations.created_by IS
    'Who wanted it.';
COMMENT ON COLUMN read.delivery_destinations.ended_at IS
    'When somebody ended it; null while documents go there.';
COMMENT ON VIEW read.deliveries IS
    'A row is one document on its way to one address.
Who sees which rows: who sees its destination.';
COMMENT ON COLUMN read.deliveries.delivery IS
    'Id of the delivery; the webhook-id of its webhook.';
COMMENT ON COLUMN read.deliveries.document IS
    'Number of the document.';
COMMENT ON COLUMN read.deliveries.recipient IS
    'Id of the recipient of the document.';
COMMENT ON COLUMN read.deliveries.destination IS
    'Id of the destination that it goes to.';
COMMENT ON COLUMN read.deliveries.channel IS
    'email or webhook.';
COMMENT ON COLUMN read.deliveries.address IS
    'E-mail address, or URL of the endpoint.';
COMMENT ON COLUMN read.deliveries.state IS
    'pending, sending, delivered, failed (refused for good), given_up (tried for days), or unknown (nobody can say whether it arrived).';
COMMENT ON COLUMN read.deliveries.asked_at IS
    'When it was known that the document goes there.';
COMMENT ON COLUMN read.deliveries.tries IS
    'How often it was tried, since somebody last had it tried again.';
COMMENT ON COLUMN read.deliveries.next_at IS
    'When it is tried next; null unless it is pending.';
COMMENT ON COLUMN read.deliveries.answer IS
    'What came of the last try, or why it waits; null before.';
COMMENT ON COLUMN read.deliveries.ended_at IS
    'When it was delivered, or ended without; null while it is on its way.';
