"""`python -m services.reconciliation.worker`: its clock, what vendors are asked, hints, daily sweeps."""

from services.reconciliation.gauges import reconciliation_gauges
from services.reconciliation.projection import SPEC
from services.reconciliation.timers import timers
from shared.projections.worker import main
from shared.store.config import Config

if __name__ == "__main__":
    config = Config()
    main(SPEC, config, timers(config), reconciliation_gauges(config.database))
