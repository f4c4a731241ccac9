CREATE OR REPLACE VIEW read.seats WITH (security_invoker = true) AS SELECT subscription, quantity, price, status FROM seats;
