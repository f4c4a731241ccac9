"""Small processes that stand in for services, and a supervisor that starts them."""
