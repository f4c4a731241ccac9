"""What people look at: pages over the views of the schema `read`, and commands that are sent to the other services."""
