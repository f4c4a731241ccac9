"""The billing rules, pure: no clock, no I/O, no framework. Now, ids and settings come in as arguments."""
