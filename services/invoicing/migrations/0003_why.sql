-- What explains a line is kept with it: it cannot be found out later, when more is known than the line was made of.

ALTER TABLE invoicing.issued_line ADD COLUMN why jsonb;
COMMENT ON COLUMN invoicing.issued_line.why IS
    'Rules, cause, share, price and events of the line, as on its document; null on lines issued before they were kept.';
