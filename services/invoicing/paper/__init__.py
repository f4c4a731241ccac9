"""Invoices and credit notes as people file them: on paper (PDF), for programs (EN 16931), and as a table (CSV)."""
