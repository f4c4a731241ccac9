"""How a sentence names what a person typed."""

import pytest

from shared.commands.typed import Typed

TYPED = Typed({"effective_from": "--from", "key": "KEY", "pricing": "--rule", "customer.id": "--customer"})


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("unit_price", "--unit-price"),
        ("effective_from", "--from"),
        ("key", "KEY"),
        ("pricing[0].rate", "--rule"),
        ("items[0].unit_price", "--unit-price"),
        ("customer.id", "--customer"),
    ],
)
def test_a_place_in_the_body_is_the_option_that_was_typed(place: str, name: str) -> None:
    assert TYPED.name(place) == name


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("no list price: give unit_price", "no list price: give --unit-price"),
        ("leave effective_from out, or give unit_price", "leave --from out, or give --unit-price"),
        ("there is no product 'unit_price'", "there is no product 'unit_price'"),
        ("the key is good and my_unit_price too", "the key is good and my_unit_price too"),
    ],
)
def test_a_sentence_of_the_rules_names_options_and_leaves_what_is_quoted(said: str, typed: str) -> None:
    assert TYPED.sentence(said, ["unit_price", "key"]) == typed


def test_a_command_without_such_fields_is_said_as_it_is() -> None:
    assert Typed().sentence("leave effective_at out", ["mode"]) == "leave effective_at out"
