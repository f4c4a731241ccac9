"""Pages of a document's lines: whole customers where they fit, and nothing lost or shown twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.console.documents.groups import CustomerGroup, Part, page_with, pages_of


def group(name: str, lines: int) -> CustomerGroup:
    return CustomerGroup(name, None, lines, Decimal(lines))


def test_customers_stay_together_as_long_as_they_fit() -> None:
    pages = pages_of([group("a", 3), group("b", 4), group("c", 4)], most=8)

    assert [[(part.group.customer, part.size) for part in page.parts] for page in pages] == [
        [("a", 3), ("b", 4)],
        [("c", 4)],
    ]
    assert [(page.offset, page.lines) for page in pages] == [(0, 7), (7, 4)]


def test_a_customer_with_more_lines_than_a_page_is_spread() -> None:
    pages = pages_of([group("a", 1), group("b", 5)], most=2)

    assert [[(part.group.customer, part.first, part.last, part.is_whole) for part in page.parts] for page in pages] == [
        [("a", 1, 1, True)],
        [("b", 1, 2, False)],
        [("b", 3, 4, False)],
        [("b", 5, 5, False)],
    ]


def test_a_customer_is_found_on_the_page_where_its_lines_begin() -> None:
    pages = pages_of([group("a", 2), group("b", 5)], most=2)

    assert page_with(pages, "b") == 2
    assert page_with(pages, "nobody") is None
    assert pages_of([]) == []


@given(st.lists(st.integers(1, 30), max_size=20), st.integers(1, 12))
def test_every_line_is_on_one_page(sizes: list[int], most: int) -> None:
    groups = [group(f"c{number:02}", lines) for number, lines in enumerate(sizes)]

    pages = pages_of(groups, most)

    shown = [(part.group.customer, place) for page in pages for part in page.parts for place in _places(part)]
    assert shown == [(one.customer, place) for one in groups for place in range(1, one.lines + 1)]
    assert all(0 < page.lines <= most for page in pages)
    assert [page.offset for page in pages] == [sum(one.lines for one in pages[:n]) for n in range(len(pages))]


def _places(part: Part) -> range:
    return range(part.first, part.last + 1)
