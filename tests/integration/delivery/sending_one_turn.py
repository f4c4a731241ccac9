"""A worker that makes one turn: `python -m tests.integration.delivery.sending_one_turn DSN`, to be killed in it."""

import asyncio
import sys

from services.invoicing.delivery.couriers import Couriers
from tests.integration.delivery.issued import files

if __name__ == "__main__":
    asyncio.run(Couriers(sys.argv[1], files).deliver(asyncio.Event()))
