"""What the rules refuse is read by who emits events and by who uses commands: its sentences name neither an event nor
the number of a rule.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.events.registry import EVENT_TYPES

PROJECT = Path(__file__).parents[2]
RULES = ("shared/billing", "shared/commands", "services/*/commands")
SOURCES = sorted(path for place in RULES for path in PROJECT.glob(f"{place}/*.py"))
FOR_FEW = re.compile(rf"\b(?:{'|'.join(EVENT_TYPES)}|R\d+\.\d+)\b")


def sentences(source: str) -> Iterator[str]:
    """The strings of a module that consist of words; docstrings are for who reads the code."""
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        match node:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.JoinedStr():
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
                # What is put in may have sentences of its own.
                pending += [part for part in node.values if not isinstance(part, ast.Constant)]
            case ast.Constant(value=str(text)):
                pass
            case _:
                pending += ast.iter_child_nodes(node)
                continue
        if " " in text.strip():
            yield text


def named_in(source: str) -> list[str]:
    return [name for text in sentences(source) for name in FOR_FEW.findall(text)]


def test_there_are_rules_and_commands_to_read() -> None:
    folders = {path.parent.relative_to(PROJECT).as_posix() for path in SOURCES}

    assert folders >= {"shared/billing", "services/orders/commands", "services/subscriptions/commands"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_no_sentence_names_an_event_or_a_rule(path: Path) -> None:
    assert named_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        pytest.param('raise Refused("send SubscriptionCanceled instead")', ["SubscriptionCanceled"], id="an event"),
        pytest.param('reason = f"{day}: send " "PriceChanged"', ["PriceChanged"], id="put together of parts"),
        pytest.param("f\"{1 if late else 'send PriceChanged first'}\"", ["PriceChanged"], id="put into another"),
        pytest.param('raise Refused("keep their price (rule R4.11)")', ["R4.11"], id="a rule"),
        pytest.param('def f():\n    """A PriceChanged that came late (R2.10)."""', [], id="for who reads the code"),
        pytest.param('Rejection(*by, "PricingEdited", reason)', [], id="a type, not a sentence"),
        pytest.param('raise Refused("cancel it instead")', [], id="words of the trade"),
    ],
)
def test_what_counts_as_named(source: str, names: list[str]) -> None:
    assert named_in(source) == names
