"""Pages of orders: the list, one of them, drafts and their items, execution and deletion."""
