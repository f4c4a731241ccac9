"""`python -m services.invoicing.worker`: the clock of invoicing, the relay of the outbox, and daily invoice runs."""

from services.invoicing.projection import SPEC
from services.invoicing.run_gauges import run_gauges
from services.invoicing.timers import timers
from shared.projections.worker import main
from shared.store.config import Config

if __name__ == "__main__":
    config = Config()
    main(SPEC, config, timers(config), run_gauges(config.database))
