-- Logins of people and tools that look at the views of `read` themselves, without an API: for BI and dashboards.

CREATE TABLE store.reader (
    name       text PRIMARY KEY,
    reseller   text CHECK (reseller <> ''),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE store.reader IS
    'Logins that read the views, by the name of their role, and the reseller whose rows they see; null: every row. A login that is not here sees nothing';

-- Whose rows a login sees is asked of this table by session_user, which no login changes: neither SET ROLE nor a setting
-- reaches it. As the owner, for the table is closed to those whom it is about.
CREATE FUNCTION store.reader_sees() RETURNS text STABLE PARALLEL SAFE SECURITY DEFINER
    RETURN (SELECT CASE WHEN reseller IS NULL THEN 'all' ELSE 'reseller' END FROM store.reader WHERE name = session_user);
COMMENT ON FUNCTION store.reader_sees() IS 'all or reseller, for the login of a reader; null for every other';

CREATE FUNCTION store.reader_reseller() RETURNS text STABLE PARALLEL SAFE SECURITY DEFINER
    RETURN (SELECT reseller FROM store.reader WHERE name = session_user);
COMMENT ON FUNCTION store.reader_reseller() IS 'Of which reseller the login of a reader is; null where it is of none';

-- Settings count for the role of the APIs alone, under which nobody gets but who makes a request's transaction.
CREATE OR REPLACE FUNCTION store.sees() RETURNS text STABLE PARALLEL SAFE
    RETURN CASE WHEN current_user = 'seatledger_api' THEN coalesce(current_setting('seatledger.sees', true), '')
        ELSE coalesce(store.reader_sees(), '') END;
COMMENT ON FUNCTION store.sees() IS 'all, reseller or customer: whose rows the request, or the login, sees; empty: none';

CREATE OR REPLACE FUNCTION store.sees_as(kind text) RETURNS text STABLE PARALLEL SAFE
    RETURN CASE WHEN store.sees() <> kind THEN NULL
        WHEN current_user = 'seatledger_api' THEN nullif(current_setting('seatledger.' || kind, true), '')
        WHEN kind = 'reseller' THEN store.reader_reseller() END;
COMMENT ON FUNCTION store.sees_as(text) IS
    'Of which reseller, or which customer (kind), the request or the login is; null where it is of none';

-- The owner of the tables is no reader, and sees costs. Views ask in a sub-select: once a query.
CREATE OR REPLACE FUNCTION store.sees_costs() RETURNS boolean STABLE PARALLEL SAFE
    RETURN CASE WHEN current_user = 'seatledger_api' THEN store.sees_all()
        ELSE coalesce(store.reader_sees() = 'all', true) END;
COMMENT ON FUNCTION store.sees_costs() IS
    'Whether costs are shown: to the organisation itself, and to whoever works on the database as its owner';
