"""What a person did or can mend, told apart from what is broken in the code."""


class UserError(Exception):
    """A failure that one clear sentence explains: what is wrong, what to do. Shown without a traceback, exit code 1."""
