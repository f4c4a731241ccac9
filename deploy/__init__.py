"""How Seatledger is brought up. Starts the services as processes and imports none of them."""
