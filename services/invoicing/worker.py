"""`python -m services.invoicing.worker`: the clock of invoicing, the relay, daily invoice runs, deliveries."""

from services.invoicing.delivery import couriers
from services.invoicing.delivery.couriers import Couriers
from services.invoicing.delivery.gauges import delivery_gauges
from services.invoicing.projection import SPEC
from services.invoicing.run_gauges import run_gauges
from services.invoicing.timers import timers
from shared.projections.worker import main
from shared.store.config import Config

if __name__ == "__main__":
    config = Config()
    delivering = Couriers(config.database)
    main(
        SPEC,
        config,
        (*timers(config), *couriers.timers(delivering)),
        {**run_gauges(config.database), **delivery_gauges(config.database, delivering.tally)},
    )
