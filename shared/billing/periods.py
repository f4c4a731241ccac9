"""Durations of terms and billing frequencies, in whole months, and the names people read for them."""

from __future__ import annotations

import re

_DURATION = re.compile(r"P([1-9][0-9]{0,3})([MY])")
_PLAN_NAMES = {1: "Monthly", 3: "Quarterly", 6: "Semi-annual", 12: "Annual", 36: "Triennial"}


def months_of(duration: str) -> int:
    """Months of an ISO 8601 duration PnM or PnY. ValueError for anything else."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a duration of months or years: write P1M, P1Y, P3Y")
    return int(match[1]) * (12 if match[2] == "Y" else 1)


def duration_of(months: int) -> str:
    """The ISO 8601 duration of whole months: 12 is P1Y, 18 is P18M."""
    return f"P{months // 12}Y" if months % 12 == 0 else f"P{months}M"


def billing_plan_name(term: int | None, frequency: int | None) -> str:
    """ "Monthly" … for installments, "-" where the charge is one-off (rule R4.1; the page "Billing Frequency")."""
    if term is None or frequency is None or frequency == term:
        return "-"
    return _PLAN_NAMES.get(frequency, duration_of(frequency))
