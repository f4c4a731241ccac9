-- What the views of deliveries say of themselves, column by column.

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
