-- For an add-on whose order was in another time zone than its parent's, earlier releases reckoned the day to look again in
-- the wrong one: the parent's end could be missed for good. So the next run looks at all add-ons as if for the first time.

DO $$
DECLARE
    live text;
BEGIN
    SELECT name || '_g' || number INTO live FROM store.generation WHERE name = 'invoicing' AND status = 'live';
    IF live IS NOT NULL THEN
        EXECUTE format(
            'UPDATE invoicing.billed SET touched = -1 WHERE subscription IN ('
            'SELECT dependent_id FROM %I.dependency WHERE scope = %L AND dependent_scope = %L)',
            live, 'subscription', 'subscription'
        );
    END IF;
END
$$;
