-- What operators do to what does not flow: dead letters that are taken in or dropped, and a record of each such act.

ALTER TABLE store.dead_letter
    ADD COLUMN status text NOT NULL DEFAULT 'dead' CHECK (status IN ('dead', 'dropped', 'taken_in')),
    ADD COLUMN type text,
    ADD COLUMN subject text;
COMMENT ON COLUMN store.dead_letter.status IS
    'dead: waits for somebody; dropped: an operator decided to do without it; taken_in: it counts, the row is history';
COMMENT ON COLUMN store.dead_letter.type IS 'The type of event that the record says it is, where that can be read';
COMMENT ON COLUMN store.dead_letter.subject IS 'What the record says it is about, where that can be read';
CREATE INDEX dead_letter_status ON store.dead_letter (status, topic, partition, "offset");

-- Of letters that are there already: what their headers say in ASCII. Other bytes need not be text at all.
UPDATE store.dead_letter SET
    type = (
        SELECT convert_from(decode(h ->> 1, 'hex'), 'UTF8') FROM jsonb_array_elements(headers) AS h
        WHERE h ->> 0 = 'ce_type' AND h ->> 1 ~ '^([2-7][0-9a-f])+$' LIMIT 1
    ),
    subject = (
        SELECT convert_from(decode(h ->> 1, 'hex'), 'UTF8') FROM jsonb_array_elements(headers) AS h
        WHERE h ->> 0 = 'ce_subject' AND h ->> 1 ~ '^([2-7][0-9a-f])+$' LIMIT 1
    );

CREATE TABLE store.operation (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT now(),
    who    text NOT NULL,
    what   text NOT NULL,
    target text NOT NULL,
    reason text,
    detail json
);
COMMENT ON TABLE store.operation IS
    'What operators did to the running system, written in the transaction that did it: who, what, to what, and why';
CREATE INDEX operation_target ON store.operation (target, id);
