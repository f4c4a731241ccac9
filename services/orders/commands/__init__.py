"""Commands of the orders service: what is asked, and what it comes to."""
