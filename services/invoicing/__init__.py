"""What is owed: schedules, invoice runs, documents."""
