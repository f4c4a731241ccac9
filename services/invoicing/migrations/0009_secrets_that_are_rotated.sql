-- What webhooks of a destination were signed with before: until a moment they are signed with it too, so that a receiver
-- has time to learn the new secret.

CREATE TABLE invoicing.webhook_secret_before (
    destination uuid NOT NULL REFERENCES invoicing.delivery_destination,
    secret text NOT NULL,
    signs_until timestamptz NOT NULL,
    PRIMARY KEY (destination, secret)
);
COMMENT ON TABLE invoicing.webhook_secret_before IS
    'A row is a secret that another one replaced; webhooks are signed with it too until signs_until. No view has it, and no role but the owner reads it.';
