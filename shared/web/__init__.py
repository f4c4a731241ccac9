"""API scaffolding: the application, who asks and what they may see, errors, paging."""
