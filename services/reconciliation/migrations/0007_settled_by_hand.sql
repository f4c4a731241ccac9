-- What alignments left to be invoiced by hand, and somebody has invoiced, or let be. Outside the generations: a replay
-- never touches it.

CREATE TABLE reconciliation.settled_by_hand (
    alignment text PRIMARY KEY,
    settled_at timestamptz NOT NULL DEFAULT now(),
    settled_by text NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE reconciliation.settled_by_hand IS
    'A row is one alignment whose difference was settled by hand, and why nothing is left of it.';

CREATE VIEW read.settled_by_hand WITH (security_invoker = true) AS
SELECT alignment, settled_at, settled_by, reason FROM reconciliation.settled_by_hand;
COMMENT ON VIEW read.settled_by_hand IS
    'A row is one alignment with a vendor whose difference somebody has settled by hand.
Who sees which rows: the organisation alone, every row.';
COMMENT ON COLUMN read.settled_by_hand.alignment IS
    'Id of the alignment, as in read.manual_invoicing.';
COMMENT ON COLUMN read.settled_by_hand.settled_at IS
    'When somebody said so, in UTC.';
COMMENT ON COLUMN read.settled_by_hand.settled_by IS
    'Who said so.';
COMMENT ON COLUMN read.settled_by_hand.reason IS
    'How it was settled: the number of an invoice, say.';

GRANT SELECT ON reconciliation.settled_by_hand, read.settled_by_hand TO seatledger_api;
ALTER TABLE reconciliation.settled_by_hand ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_organisations ON reconciliation.settled_by_hand FOR SELECT TO seatledger_api
    USING ((SELECT store.sees_all()));
