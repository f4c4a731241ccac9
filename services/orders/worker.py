"""`python -m services.orders.worker`: the clock of orders, the relay of the outbox."""

from services.orders.projection import SPEC
from shared.projections.worker import main
from shared.store.config import Config

if __name__ == "__main__":
    main(SPEC, Config())
