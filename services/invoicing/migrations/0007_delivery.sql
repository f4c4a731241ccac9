-- Documents on their way to who wants them: where they go, and what became of each. Write model: no projector writes it
-- and a replay never touches it, so nothing is delivered again by one.

CREATE TABLE invoicing.delivery_destination (
    destination uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    recipient text CHECK (recipient <> ''),
    channel text NOT NULL CHECK (channel IN ('email', 'webhook')),
    address text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    ended_at timestamptz,
    ended_by text,
    CONSTRAINT delivery_destination_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX delivery_destination_once ON invoicing.delivery_destination (channel, address, recipient)
    NULLS NOT DISTINCT WHERE ended_at IS NULL;
CREATE INDEX delivery_destination_recipient ON invoicing.delivery_destination (recipient) WHERE ended_at IS NULL;
COMMENT ON TABLE invoicing.delivery_destination IS
    'Where documents go that are issued from created_at until ended_at: those of a recipient, or all of them where it is null. Rows stay: deliveries name them.';

CREATE TABLE invoicing.webhook_secret (
    destination uuid PRIMARY KEY REFERENCES invoicing.delivery_destination,
    secret text NOT NULL
);
COMMENT ON TABLE invoicing.webhook_secret IS
    'What webhooks of a destination are signed with. No view has it, and no role but the owner reads it.';

CREATE TABLE invoicing.delivery (
    delivery uuid PRIMARY KEY,
    document text NOT NULL,
    recipient text NOT NULL,
    destination uuid NOT NULL REFERENCES invoicing.delivery_destination,
    channel text NOT NULL CHECK (channel IN ('email', 'webhook')),
    address text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'given_up', 'unknown')),
    asked_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    first_try_at timestamptz,
    next_at timestamptz,
    handed_over boolean NOT NULL DEFAULT false,
    answer text,
    ended_at timestamptz,
    CONSTRAINT delivery_once UNIQUE (document, channel, address),
    CONSTRAINT delivery_next CHECK ((state = 'pending') = (next_at IS NOT NULL)),
    CONSTRAINT delivery_ended CHECK ((state IN ('pending', 'sending')) = (ended_at IS NULL))
);
CREATE INDEX delivery_waiting ON invoicing.delivery (next_at, delivery) WHERE state = 'pending';
CREATE INDEX delivery_sending ON invoicing.delivery (address) WHERE state = 'sending';
CREATE INDEX delivery_not_arrived ON invoicing.delivery (channel, state) WHERE state <> 'delivered';
CREATE INDEX delivery_newest ON invoicing.delivery (asked_at, delivery);
CREATE INDEX delivery_destination_of ON invoicing.delivery (destination);
COMMENT ON TABLE invoicing.delivery IS
    'A row is one document on its way to one address: the key makes it impossible that there are two. handed_over: the mail server was given it, so if nobody says what came of that it is unknown whether it arrived.';

CREATE VIEW read.delivery_destinations WITH (security_invoker = true) AS
SELECT destination, recipient, channel, address, created_at, created_by, ended_at
FROM invoicing.delivery_destination;
COMMENT ON VIEW read.delivery_destinations IS
    'A row is one address that documents go to: those of recipient, or all of them where it is null. ended_at is when somebody ended that';

CREATE VIEW read.deliveries WITH (security_invoker = true) AS
SELECT delivery, document, recipient, destination, channel, address, state, asked_at, tries, next_at, answer, ended_at
FROM invoicing.delivery;
COMMENT ON VIEW read.deliveries IS
    'A row is one document on its way to one address. answer is what came of the last try; failed was refused for good, given_up tried for days, and of unknown nobody can say whether it arrived';

GRANT SELECT ON invoicing.delivery_destination, invoicing.delivery, read.delivery_destinations, read.deliveries
    TO seatledger_api;
ALTER TABLE invoicing.delivery_destination ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON invoicing.delivery_destination FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR recipient = (SELECT store.sees_as('reseller'))
    OR recipient = (SELECT store.sees_as('customer'))
);
-- The policy of destinations holds inside this as well: what goes to the organisation's own addresses is not theirs to see.
ALTER TABLE invoicing.delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON invoicing.delivery FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR EXISTS (SELECT FROM invoicing.delivery_destination AS d WHERE d.destination = delivery.destination)
);
