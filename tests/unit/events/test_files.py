"""Files of events: formats, short events, and problems that say where to look."""

import io
import json
import re
import textwrap
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.events.files import SOURCE, FileContent, read_events
from shared.events.models.orders import OrderExecuted
from shared.events.models.subscriptions import LicensesChanged
from tests.unit.events.records import LICENSES, JsonObject, envelope

Write = Callable[..., Path]


def short(**data: object) -> JsonObject:
    return {"type": "LicensesChanged", "time": "2026-01-15", "data": LICENSES | data}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(text: str | bytes, name: str = "events.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    return file


def lines(*events: object) -> str:
    return "\n".join(json.dumps(event) for event in events)


def problems(content: FileContent) -> list[str]:
    return [str(problem) for problem in content.problems]


def test_json_lines_with_blank_lines_are_read_with_their_line_numbers(write: Write) -> None:
    content = read_events(write(f"\n{lines(short())}\n\n{lines(short(quantity=9))}\n"), "position")

    assert [(found.line, found.event.id) for found in content.events] == [(2, "1"), (4, "2")]
    assert content.problems == []


@pytest.mark.parametrize("name", ["events.json", "events.txt", "events"])
def test_a_json_list_is_recognised_by_its_content(write: Write, name: str) -> None:
    text = json.dumps([short(), short(quantity=9)], indent=1)

    found = read_events(write(text, name), "position").events

    assert [event.model for event in found] == [
        LicensesChanged(subscription_id="sub-1", customer_id="cus-1", quantity=quantity) for quantity in (8, 9)
    ]


def test_one_event_over_several_lines_is_read(write: Write) -> None:
    assert len(read_events(write(json.dumps(short(), indent=2)), "position").events) == 1


@pytest.mark.parametrize("text", ["", "\n \n", "[]", " [ ] \n"])
def test_an_empty_file_has_no_events_and_no_problems(write: Write, text: str) -> None:
    assert read_events(write(text), "position") == FileContent([], [])


YAML = """\
    # the release notes' example
    - type: OrderExecuted
      time: 2026-01-15
      data:
        order_id: ord-1
        currency: EUR
        customer: {id: cus-1, country: NO, billing_day: last}
        items:
          - {subscription_id: sub-1, product: {id: pro-1}, quantity: 5, unit_price: "10.00", trial_until: 2026-02-01}
    - type: LicensesChanged
      time: 2026-01-25T10:00:00+02:00
      data: {subscription_id: sub-1, customer_id: cus-1, quantity: 8, reason: ~}
"""


@pytest.mark.parametrize("name", ["events.yaml", "events.yml", "events"])
def test_yaml_means_what_the_same_json_means(write: Write, name: str) -> None:
    order, change = read_events(write(YAML, name), "position").events

    assert isinstance(order.model, OrderExecuted)
    assert isinstance(change.model, LicensesChanged)
    assert (order.line, change.line) == (2, 10)
    assert order.event.time == date(2026, 1, 15)
    assert order.model.items[0].trial_until == date(2026, 2, 1)
    assert order.model.customer.country == "NO"
    assert change.model.reason is None


def test_yaml_floats_are_refused_like_those_of_json(write: Write) -> None:
    content = read_events(write(YAML.replace('"10.00"', "10.00"), "e.yaml"), "position")

    assert problems(content) == [
        'line 2 (item 1), data.items[0].unit_price: got 10.0; a JSON float is not exact; quote it: "10.0"'
    ]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(lines(short()).encode()))
    monkeypatch.setattr("sys.stdin", stdin)

    assert len(read_events("-", "position").events) == 1


def test_short_events_for_simulate_are_numbered_by_their_position(write: Write) -> None:
    content = read_events(write(lines(short(), envelope(), short())), "position")

    assert [(found.event.source, found.event.id, found.event.sequence) for found in content.events] == [
        (SOURCE, "1", None),
        ("urn:upstream", "e-1", None),
        (SOURCE, "3", None),
    ]


def test_short_events_for_emit_are_named_by_their_content(write: Write) -> None:
    first, second = read_events(write(lines(short(), short(quantity=9))), "content").events
    moved, _ = read_events(write(lines(short(quantity=9), short())), "content").events

    assert first.event.id != second.event.id
    assert (first.event.sequence, second.event.sequence) == (1, 2)
    assert (moved.event.id, moved.event.sequence) == (second.event.id, 1)


def test_short_events_are_addressed_by_their_data(write: Write) -> None:
    (found,) = read_events(write(lines(short())), "content").events

    assert (found.event.subject, found.event.partitionkey) == ("sub-1", "cus-1")


def test_a_long_event_keeps_what_it_says(write: Write) -> None:
    whole = envelope(subject="s", partitionkey="p", sequence=4)
    (found,) = read_events(write(lines(whole)), "content").events

    assert (found.event.id, found.event.subject, found.event.partitionkey, found.event.sequence) == ("e-1", "s", "p", 4)


def test_every_problem_is_found_with_its_line_and_field(write: Write) -> None:
    content = read_events(
        write(
            lines(
                short(quantity=-1),
                short(),
                short() | {"time": "2026-02-30"},
                short() | {"type": "Nothing"},
                {"type": "LicensesChanged", "time": "2026-01-15"},
                short() | {"dataschema": "urn:seatledger:LicensesChanged:9"},
                [1],
            )
            + "\n{oops"
        ),
        "position",
    )

    assert len(content.events) == 1
    assert [re.sub(r" \(.*\)", "", problem) for problem in problems(content)] == [
        "line 1, data.quantity: got -1; give a whole number of 0 or more",
        'line 3, time: got "2026-02-30"; there is no such date; give one of the calendar',
        'line 4, type: got "Nothing"; no event of that name is known; see `seatledger schemas events`',
        "line 5, data: is missing; add it",
        "line 6, dataschema: version 9 of LicensesChanged is newer than the newest known here, 1; install a release "
        "that knows it, then retry",
        "line 7, event: got [1]; give a CloudEvent as a JSON object",
        "line 8: is not JSON; give one JSON object a line",
    ]


def test_an_id_given_twice_with_other_content_names_both_lines(write: Write) -> None:
    other = envelope(data=LICENSES | {"quantity": 9})
    content = read_events(write(lines(envelope(), envelope(), short(), other)), "position")

    assert len(content.events) == 3
    assert problems(content) == [
        'line 4, id: "e-1" stands on line 1 too, with other content; give each event its own id'
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"type":\n "x",}]', "line 2 (item 1): is not JSON ("),
        ("[\n1 2]", "line 2 (item 1): is not followed by a comma or by the end of the list; add it"),
        ("[]\nmore", "line 2: something stands after the end of the list; take it away"),
        ("[NaN]", "line 1 (item 1): is not JSON (NaN is no number of JSON); mend it there"),
        ("[" * 100_000, "line 1 (item 1): is not JSON (maximum recursion depth exceeded"),
        ('[\n{"a": 1}\n,', "line 3 (item 2): is not JSON (expecting value); mend it there"),
    ],
)
def test_a_list_that_is_not_json_says_where(write: Write, text: str, problem: str) -> None:
    assert any(found.startswith(problem) for found in problems(read_events(write(text, "e.json"), "position")))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a: [1\n- b", "line 2: is not YAML ("),
        ("- !!python/name:os.system {}", "line 1: is not YAML ("),
        ("- {1: x}", "line 1: is not YAML (a name is not text); give a list of events"),
        ("just words", 'line 1 (item 1), event: got "just words"; give a CloudEvent as a JSON object'),
        ("- &a {data: {b: *a}}", "line 1 (item 1), data: is not JSON ("),
        ("- a\n- \x07", "line 2: is not YAML ("),
        ("- " + "[" * 500, "line 1: is not a list of events (it is nested too deep)"),
    ],
)
def test_what_is_not_yaml_says_where(write: Write, text: str, problem: str) -> None:
    assert problems(read_events(write(text, "e.yaml"), "position"))[0].startswith(problem)


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (problem,) = problems(read_events(tmp_path / "none.jsonl", "position"))

    assert problem.endswith("none.jsonl: cannot be read (No such file or directory); give a file of events")


def test_a_file_that_is_not_utf_8_is_a_problem(write: Write) -> None:
    (problem,) = problems(read_events(write(b'{"a": 1}\n\xff'), "position"))

    assert problem.endswith("line 2 is not UTF-8; save the file as UTF-8")


def test_a_byte_order_mark_is_left_aside(write: Write) -> None:
    assert len(read_events(write("\ufeff" + lines(short())), "position").events) == 1
