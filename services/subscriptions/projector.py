"""`python -m services.subscriptions.projector`: reads the log into the projection of subscriptions."""

import sys

from services.subscriptions.projection import SPEC
from shared.projections.process import main

if __name__ == "__main__":
    sys.exit(main(SPEC))
