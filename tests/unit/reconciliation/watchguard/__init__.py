"""The connector of Panda Security."""
