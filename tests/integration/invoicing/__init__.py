"""Invoice runs on a real broker and database."""
