"""The cases of tests/cases, one test each; and what is said of a case that is written wrongly."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from tests.billing_cases import FOLDER, Case, WrongCase, all_cases, read_cases

LONGEST = 10  # seconds of the processor, so that a busy machine fails nothing; the slowest case takes less than one


@pytest.fixture
def time_limit() -> Iterator[None]:
    """A case that does not come to an end is a failed case, and no suite that hangs."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"the case did not come to an end in {LONGEST} seconds")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.mark.usefixtures("time_limit")
@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_case(case: Case) -> None:
    assert case.found() == case.expected


CASE = """
- case: Nine seats
  given:
    - {on: 2019-03-01, order: 9 seats at 10.00}
  until: 2019-03-31
  totals: 2019-03-01 invoice 90.00
"""


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        (
            "until",
            "untill",
            "nine, case 'Nine seats': 'untill' is not a word that is known here: did you mean 'until'?",
        ),
        ("order:", "oder:", "'oder' is not a word that is known here: did you mean 'order'?"),
        ("10.00}", "10.00, tern: P1Y}", "'tern' is not a word that is known here: did you mean 'term'?"),
        ("9 seats at 10.00", "nine seats", "'nine seats' is not an order: write for example '9 seats at 10.00'"),
        ("on: 2019-03-01, ", "", "has no day: add on"),
        ("2019-03-31", "the end", "Invalid isoformat string: 'the end'"),
        ("  totals: 2019-03-01 invoice 90.00", "", "nothing is expected"),
        ("10.00}", "10.00, invoicing: sometimes}", "partial_charges_invoicing"),
        ("totals:", "until:", "'until' stands twice"),
        ("- case: Nine seats\n  given", "- given", "nine: a case has no name"),
        (CASE, "case: none", "nine.yaml is not a list of cases"),
        (CASE, CASE + CASE, "there are two cases named 'Nine seats'"),
    ],
)
def test_what_is_mistyped_is_refused_with_a_sentence(written: str, instead: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "nine.yaml"
    file.write_text(CASE.replace(written, instead, 1), encoding="utf-8")

    with pytest.raises(WrongCase) as refused:
        read_cases(file)

    assert sentence in str(refused.value)


def test_the_example_of_the_page_is_a_case_that_holds(tmp_path: Path) -> None:
    (example,) = re.findall(
        r"^```yaml\n(.*?)^```$", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    file = tmp_path / "readme.yaml"
    file.write_text(example, encoding="utf-8")

    (case,) = read_cases(file)

    assert case.found() == case.expected


def test_a_case_that_comes_out_otherwise_is_found(tmp_path: Path) -> None:
    file = tmp_path / "nine.yaml"
    file.write_text(CASE.replace("90.00", "91.00"), encoding="utf-8")

    (case,) = read_cases(file)

    assert case.found()["totals"] == ["2019-03-01 invoice 90.00"]
    assert case.expected["totals"] == ["2019-03-01 invoice 91.00"]
