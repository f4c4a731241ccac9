"""`python -m services.orders.projector`: reads the log into the projection of orders."""

import sys

from services.orders.projection import SPEC
from shared.projections.process import main

if __name__ == "__main__":
    sys.exit(main(SPEC))
