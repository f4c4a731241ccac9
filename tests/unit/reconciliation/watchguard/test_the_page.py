"""The page of Panda Security names all that can be configured."""

from pathlib import Path

import pytest

from services.reconciliation.vendors.watchguard.config import Offer, WatchGuardConfig

PAGE = (Path(__file__).parents[4] / "docs" / "vendors" / "panda.md").read_text()


@pytest.mark.parametrize("name", [field.upper() for field in WatchGuardConfig.model_fields])
def test_every_variable_stands_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", list(Offer.model_fields))
def test_every_part_of_an_offer_stands_on_the_page(name: str) -> None:
    assert f'"{name}"' in PAGE
