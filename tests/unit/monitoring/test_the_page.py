"""The page on monitoring: alerts that Prometheus can read, on figures that are on the page."""

from __future__ import annotations

import re

import promql_parser
import pytest

from tests.infrastructure.monitoring_page import figures, rules

_METRIC = re.compile(r"\b(?:seatledger|process|python)_\w+")


def test_no_figure_is_told_twice_and_each_has_a_unit_and_a_meaning() -> None:
    names = [figure.name for figure in figures()]

    assert len(names) == len(set(names)) > 40
    assert all(figure.unit and figure.meaning for figure in figures())


def test_these_are_the_alerts() -> None:
    assert list(rules()) == [
        "ProjectionBehind", "OwnEventsNotSent", "InvoiceRunDied", "VendorNotSwept", "VendorTasksFailed",
        "DocumentsNotDelivered", "DeliveriesHeldUp",
    ]  # fmt: skip


@pytest.mark.parametrize("alert", rules())
def test_an_alert_is_promql_on_figures_that_there_are(alert: str) -> None:
    expression = rules()[alert]

    read = str(promql_parser.parse(expression))

    named = set(_METRIC.findall(read))
    assert named
    assert named <= {figure.name for figure in figures()}
