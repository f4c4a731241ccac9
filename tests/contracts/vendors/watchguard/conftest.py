"""One emulator for the tests of a worker, begun anew for each."""

from collections.abc import Iterator

import pytest

from tests.contracts.vendors.watchguard.emulated import Emulated, emulated, seeds


@pytest.fixture(scope="session")
def running() -> Iterator[Emulated]:
    with emulated() as found:
        yield found


@pytest.fixture
def emulator(running: Emulated) -> Emulated:
    running.state.reset(seeds())
    return running
