"""A hundred thousand rows taken in and compared: what was planted is found, all of it and nothing else."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from services.reconciliation.cost.comparing import CostReport, compare_costs
from services.reconciliation.cost.import_store import Imported
from services.reconciliation.cost.verdicts import Period
from shared.billing.money import round_money, share_of
from tests.integration.reconciliation.costs import INVOICE, Graph
from tests.unit.reconciliation.cost.bill import Json, cycle

pytestmark = pytest.mark.database

START, END = date(2026, 10, 1), date(2026, 10, 31)
OCTOBER = Period(START, END)
_DOCUMENT = """
INSERT INTO invoicing_g1.document (number, kind, date, recipient, currency, net, tax, gross, taxes)
VALUES ('INV-2026-000001', 'invoice', '2026-10-01', 'res-1', 'EUR', 0, 0, 0, '[]'),
    ('CN-2026-000001', 'credit_note', '2026-10-15', 'res-1', 'EUR', 0, 0, 0, '[]')
"""
_LINES = """
COPY invoicing_g1.document_line (number, line, customer, subscription, product, kind, "from", "to", quantity,
    unit_price, days, of_days, unit_net, net, returns, why) FROM STDIN
"""
_SUBSCRIPTIONS = """
INSERT INTO subscriptions_g1.subscription (subscription, status, quantity, unit_price, billing_plan, term_start,
    term_end, customer, product, vendor, currency, auto_renew, vendor_subscription, is_trial, told_until)
SELECT name, 'active', 1, 1, '-', '2026-10-01', '2027-09-30', 'cus-1', 'office', 'microsoft', 'EUR', true, name, false,
    '2026-10-01'
FROM unnest(%s::text[]) AS name
"""


class Office:
    """Subscriptions of ours with their lines for October, and the vendor's rows of the same: three each, some planted.

    Seats are changed in the middle of the month. A planted difference is a dearer price, a row that is not there, a
    subscription that is on one side only.
    """

    def __init__(self, subscriptions: int, planted: int, seed: int = 7) -> None:
        chosen = random.Random(seed)
        self.names = [f"sub-{number:06}" for number in range(subscriptions)]
        wrong = chosen.sample(self.names, planted)
        kinds = ("dearer", "lacks_a_row", "missing_here", "missing_at_vendor")
        self.planted = {name: kinds[place % len(kinds)] for place, name in enumerate(wrong)}
        self.orders = {
            name: (Decimal(chosen.randint(200, 4000)) / 100, chosen.randint(10, 200), chosen.randint(10, 200),
                   START + timedelta(days=chosen.randint(1, 28)))
            for name in self.names
        }  # fmt: skip

    def rows(self) -> Iterator[Json]:
        for name in self.names:
            cost, before, after, day = self.orders[name]
            kind = self.planted.get(name)
            if kind == "missing_at_vendor":
                continue
            price = cost + 1 if kind == "dearer" else cost
            rows = cycle(price, START, END, before, [(day, after)], SubscriptionId=name.upper())
            yield from rows[:-1] if kind == "lacks_a_row" else rows

    def lines(self) -> Iterator[tuple[object, ...]]:
        for name in self.names:
            cost, before, after, day = self.orders[name]
            if self.planted.get(name) == "missing_here":
                continue
            yield self._line(name, START, before, "recurring", cost)
            if after > before:
                yield self._line(name, day, after - before, "prorated", cost)
            elif after < before:
                yield self._line(name, day, before - after, "credit", None)

    def _line(self, name: str, start: date, quantity: int, kind: str, cost: Decimal | None) -> tuple[object, ...]:
        """A line at 99.00 a month, as an issued document has it."""
        whole, credit = kind == "recurring", kind == "credit"
        days = (END - start).days + 1
        unit = Decimal("99.00") if whole else round_money(share_of(Decimal("99.00"), days, 31), "EUR")
        why: Json = {"rules": ["R0.10"], "cause": "held", "kept": 31 - days if credit else days, "of": 31, "events": []}
        if cost is not None:
            why["price"] = {"origin": "order", "unit_price": "99.00", "unit_cost": str(cost)}
        return (
            "CN-2026-000001" if credit else "INV-2026-000001", f"{name}/{1 if whole else 2}", "cus-1", name, "office",
            kind, start, END, quantity, Decimal("99.00"), None if whole else days, None if whole else 31,
            None if whole else unit, unit * quantity, f"{name}/1" if credit else None, Jsonb(why),
        )  # fmt: skip

    def put(self, dsn: str) -> None:
        """Our side, as the projections have it."""
        with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
            cursor.execute(_DOCUMENT)
            cursor.execute(_SUBSCRIPTIONS, [self.names])
            with cursor.copy(_LINES) as copy:
                for line in self.lines():
                    copy.write_row(line)


def imported_and_compared(dsn: str, office: Office, folder: Path) -> tuple[Imported, CostReport, str]:
    file = folder / "rows.jsonl"
    with file.open("w") as out:
        out.writelines(f"{json.dumps(row, default=str)}\n" for row in office.rows())
    graph = Graph({INVOICE: []}, blobs=4, members=2)
    graph.seed.invoices[INVOICE].rows_file = file
    office.put(dsn)

    async def scenario() -> tuple[Imported, CostReport, str]:
        begun = time.perf_counter()
        found = await graph.take_in(dsn)
        taken_in = time.perf_counter()
        report = await compare_costs(dsn, OCTOBER)
        seconds = f"taken in within {taken_in - begun:.1f} s, compared within {time.perf_counter() - taken_in:.1f} s"
        return found, report, f"{found.rows} rows {seconds}"

    return asyncio.run(scenario())


def check(office: Office, report: CostReport) -> None:
    """All that was planted, and nothing else."""
    expected = {"dearer": "discrepancy", "lacks_a_row": "discrepancy"}
    wrong = {one.subscription: one.verdict for one in report.comparisons if one.verdict not in ("match", "rounding")}
    assert wrong == {name: expected.get(kind, kind) for name, kind in office.planted.items()}
    assert len(report.comparisons) == len(office.names)
    assert report.unmatched == ()


def test_planted_differences_are_found_and_no_others(prepared: str, tmp_path: Path) -> None:
    office = Office(600, planted=40)
    found, report, _ = imported_and_compared(prepared, office, tmp_path)
    check(office, report)
    assert found.rows == sum(1 for _ in office.rows())
    # Seats change by up to 190: what is called rounding is there as well, and found to be no more than that.
    assert {one.verdict for one in report.comparisons} >= {"match", "discrepancy"}


@pytest.mark.slow
def test_a_hundred_thousand_rows(prepared: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(33_500, planted=400)
    found, report, told = imported_and_compared(prepared, office, tmp_path)
    with capsys.disabled():
        print(f"\n{told}")
    assert found.rows > 100_000 - 600
    check(office, report)
