"""Mutation of the billing rules, module by module: docs/mutation.md."""
