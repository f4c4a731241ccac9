"""What a person did or can mend, told apart from what is broken in the code."""

from typing import Final

# The kinds that do not come from a command: named as the problems of the API are (docs/api.md).
BAD_REQUEST: Final = "bad-request"
NOT_FOUND: Final = "not-found"
UNAVAILABLE: Final = "unavailable"


class UserError(Exception):
    """A failure that one clear sentence explains: what is wrong, what to do. Shown without a traceback, exit code 1.

    `kind` is for programs: it says what sort of failure it is, as the type of a problem of the API does.
    """

    def __init__(self, sentence: str, kind: str = "refused") -> None:
        super().__init__(sentence)
        self.kind = kind


class WrongUsage(UserError):
    """What was typed cannot be meant, whatever the system holds: a time, a name, options that exclude each other.

    Exit code 2, as for an option that there is not. What a file holds is no usage: that is a result, and code 1.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, BAD_REQUEST)
