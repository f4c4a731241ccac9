"""`python -m services.invoicing.projector`: reads the log into the projection of invoicing."""

import sys

from services.invoicing.projection import SPEC
from shared.projections.process import main

if __name__ == "__main__":
    sys.exit(main(SPEC))
