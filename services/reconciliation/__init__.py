"""What vendors say: connectors to their systems, comparison with what is billed here, and what mends a difference."""
