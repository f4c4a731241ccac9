"""What may be done about a difference (rule R7.6): bodies, decision, session. Pure."""
