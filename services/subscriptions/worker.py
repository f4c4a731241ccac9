"""`python -m services.subscriptions.worker`: the clock of subscriptions, the relay of the outbox."""

from services.subscriptions.projection import SPEC
from shared.projections.worker import main
from shared.store.config import Config

if __name__ == "__main__":
    main(SPEC, Config())
