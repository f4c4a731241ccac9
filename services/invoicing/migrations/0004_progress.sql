-- How far a run has come, for who watches it: counted down with each chunk. A run that died leaves what it did not reach.

ALTER TABLE invoicing.billing_run ADD COLUMN payers_left integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN invoicing.billing_run.payers_left IS
    'Payers that this run still has to bill; 0 when it is complete.';
