"""Activating a licence key: accepted at once, carried out later, or not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from services.reconciliation.vendors.connector import NotReached, Refused
from services.reconciliation.vendors.watchguard.activations import Activation
from tests.contracts.vendors.watchguard.emulated import BAKERY, Emulated, speaking

KEY = "KEY-OF-A-LICENCE-POOL"


def looked_at(emulator: Emulated, times: int) -> list[Activation]:
    """The state after asking for it, and after each look."""

    async def scenario(panda: Any) -> list[Activation]:
        found = [await panda.activate(SecretStr(KEY), BAKERY.lower())]
        for _ in range(times):
            found.append(await panda.activation(found[0].batch_id))
        return found

    return speaking(emulator, scenario)


def test_an_activation_runs_until_it_is_done(emulator: Emulated) -> None:
    found = looked_at(emulator, 3)
    assert [each.progress for each in found] == ["running", "running", "running", "done"]
    assert [each.raw_states for each in found] == [("Created",), ("Queued",), ("Pending",), ("Success",)]
    assert next(iter(emulator.state.batches.values())).account == BAKERY


def test_an_activation_that_stays_pending_is_never_taken_as_done(emulator: Emulated) -> None:
    emulator.trap(activation="stays_pending")
    assert {each.progress for each in looked_at(emulator, 6)} == {"running"}


def test_an_activation_that_fails_says_why_without_the_key(emulator: Emulated) -> None:
    emulator.trap(activation="fails")
    last = looked_at(emulator, 3)[-1]
    assert (last.progress, last.reasons) == ("failed", ("activation key (the key) has expired",))


def test_a_state_that_nobody_knows_yet_is_kept_and_still_runs(emulator: Emulated) -> None:
    emulator.trap(unknown_values=True)
    last = looked_at(emulator, 1)[-1]
    assert (last.progress, last.raw_states) == ("running", ("Archived",))


def test_a_key_that_is_spent_is_refused_without_being_shown(emulator: Emulated) -> None:
    looked_at(emulator, 0)
    with pytest.raises(Refused, match=r"activation key \(secret\) was used before") as caught:
        looked_at(emulator, 0)
    assert KEY not in repr(caught.value)


def test_an_activation_whose_answer_was_lost_is_not_repeated(emulator: Emulated) -> None:
    emulator.trap(lose_answers=1)
    with pytest.raises(NotReached, match="may have been carried out all the same"):
        looked_at(emulator, 0)
    assert len(emulator.asked("/activate", "POST")) == 1


def test_a_batch_that_there_is_not_is_refused(emulator: Emulated) -> None:
    with pytest.raises(Refused, match="The batch does not exist"):
        speaking(emulator, lambda panda: panda.activation("nowhere"))
