"""How many examples a property of billing is tried with: enough for `make test`, more where somebody asks for it.

A simulation of two years takes its time, so no single example has a deadline.
"""

import os
from typing import Final

from hypothesis import settings

EXAMPLES: Final = int(os.environ.get("SEATLEDGER_EXAMPLES", "25"))

examples: Final = settings(deadline=None, max_examples=EXAMPLES)
