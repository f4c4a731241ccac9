-- Logins that read the views have what the role of the APIs has, and write their own queries: the views have to be the
-- only door here too. They need no right to the schema, for they name the table by themselves.
REVOKE USAGE ON SCHEMA reconciliation FROM seatledger_api;

-- A reseller reads what was compared through the API alone, which knows whether its beta is over (rule R7.1).
DROP POLICY theirs ON reconciliation.compared;
CREATE POLICY theirs ON reconciliation.compared FOR SELECT TO seatledger_api USING (
    (SELECT store.sees_all())
    OR current_user = 'seatledger_api' AND reseller = (SELECT store.sees_as('reseller'))
);
