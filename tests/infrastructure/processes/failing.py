"""A process that fails at its start with a reason."""

import sys

print("table invoice does not fit migration 3")
sys.exit(3)
