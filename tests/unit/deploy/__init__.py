"""What deployment does without starting anything."""
