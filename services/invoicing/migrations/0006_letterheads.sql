-- What stands on paper beside the amounts: who the seller and the recipients are, from which day on, and what customers and
-- products were called when a document was issued. Write model: no projector writes it, and a replay never touches it.

CREATE TABLE invoicing.letterhead (
    scope text NOT NULL CHECK (scope IN ('organisation', 'recipient')),
    id text NOT NULL CHECK ((id = '') = (scope = 'organisation')),
    holds_from date NOT NULL,
    content jsonb NOT NULL,
    logo bytea,
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    set_by text NOT NULL,
    PRIMARY KEY (scope, id, holds_from)
);
COMMENT ON TABLE invoicing.letterhead IS
    'A row is how the organisation, or one recipient of documents, stands on paper from a day on until the next row of it. Documents of earlier days keep the row of their day.';

CREATE TABLE invoicing.document_names (
    document text PRIMARY KEY,
    names jsonb NOT NULL
);
COMMENT ON TABLE invoicing.document_names IS
    'A row is what the recipient, the customers and the products of one document were called when it was issued, so that its paper never changes. Documents of earlier releases have none.';

CREATE VIEW read.letterheads WITH (security_invoker = true) AS
SELECT scope, id, holds_from, content, logo, set_at, set_by FROM invoicing.letterhead;
COMMENT ON VIEW read.letterheads IS
    'A row is how the organisation (scope organisation, id empty) or one recipient of documents stands on paper from a day on: names, address, VAT id, bank, language; logo is a PNG or SVG.';

CREATE VIEW read.document_names WITH (security_invoker = true) AS
SELECT document, names FROM invoicing.document_names;
COMMENT ON VIEW read.document_names IS
    'A row is what the recipient, the customers and the products of one document were called when it was issued.';

GRANT SELECT ON invoicing.letterhead, invoicing.document_names, read.letterheads, read.document_names TO seatledger_api;

-- Who the seller is stands on everybody's documents; a recipient sees its own beside it.
ALTER TABLE invoicing.letterhead ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON invoicing.letterhead FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR (scope = 'organisation' AND (SELECT store.sees_anything()))
    OR (scope = 'recipient' AND id IN ((SELECT store.sees_as('reseller')), (SELECT store.sees_as('customer'))))
);

-- Names are seen with the document that they stand on.
ALTER TABLE invoicing.document_names ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON invoicing.document_names FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR (names #>> '{recipient,id}') IN ((SELECT store.sees_as('reseller')), (SELECT store.sees_as('customer')))
);
