"""`python -m services.reconciliation.worker`: the clock of reconciliation, what vendors are asked, daily sweeps."""

from services.reconciliation.projection import SPEC
from services.reconciliation.timers import timers
from shared.projections.worker import main
from shared.store.config import Config

if __name__ == "__main__":
    config = Config()
    main(SPEC, config, timers(config))
