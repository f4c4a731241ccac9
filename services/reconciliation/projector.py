"""`python -m services.reconciliation.projector`: reads the log into the projection of reconciliation."""

import sys

from services.reconciliation.projection import SPEC
from shared.projections.process import main

if __name__ == "__main__":
    sys.exit(main(SPEC))
