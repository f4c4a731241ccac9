"""What is sold: accounts, catalogue, orders."""
