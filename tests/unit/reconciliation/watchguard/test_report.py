"""The uploaded Allocation and Usage Report. Its columns are unverified against a live tenant, so they have aliases."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.vendors.connector import VendorAccount
from services.reconciliation.vendors.watchguard.report import NotAReport, RefusedRow, Report, read_report
from services.reconciliation.vendors.watchguard.report_columns import ALIASES

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
BAKERY = VendorAccount("acc-1", "Northwind Bakery")
HEADING = "Account Name,Account ID,Product,Allocation Type,Quantity Allocated,Quantity Used,Start Date,End Date"
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x85\u2028\u2029"), min_size=1, max_size=12).filter(
    lambda written: written.strip() == written and not written.startswith("'") and written.isprintable()
)


def read(text: str, *, day_first: bool = False) -> Report:
    return read_report(io.StringIO(text), day_first=day_first)


def has(report: Report, account: VendorAccount = BAKERY) -> list[tuple[str, int, str]]:
    return [(each.product_key, each.quantity, each.status) for each in report.entitlements(account, NOW)]


def test_rows_are_entitlements_of_their_account() -> None:
    report = read(
        f"{HEADING}\nNorthwind Bakery,ACC-1,EPDR,Term,20,18,2026-02-11,\nOther,ACC-2,EPP,Term,3,1,2026-02-11,\n"
    )
    assert has(report) == [("epdr", 20, "active")]
    assert has(report, VendorAccount("acc-2", "Other")) == [("epp", 3, "active")]
    assert report.refused == []


def test_without_ids_the_name_says_whose_a_row_is() -> None:
    assert has(read("Account;Product;Allocated\nnorthwind bakery;EPDR;4\nSomebody;EPDR;9\n")) == [("epdr", 4, "active")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("above", ["", "Allocation and Usage Report\n\nPeriod: this month\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_marks_titles_and_line_ends(delimiter: str, mark: str, above: str, end: str) -> None:
    lines = [["Subscriber", "PRODUCT NAME", "Users Allocated"], ["Northwind Bakery", "EPDR", "1,250"]]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(lines)
    report = read_report((mark + above.replace("\n", end) + text.getvalue()).splitlines(keepends=True))
    assert has(report) == [("epdr", 1250, "active")]


def test_a_row_of_words_that_could_be_columns_is_a_row() -> None:
    report = read("Account,Product,Allocated\nAllocation,Allocated,3\nAccount,Product,4\n")
    assert [(row.account, row.product, row.allocated) for row in report.rows] == [
        ("Allocation", "Allocated", 3), ("Account", "Product", 4),
    ]  # fmt: skip


@pytest.mark.parametrize("backwards", [False, True])
def test_of_several_rows_of_an_allocation_the_latest_that_has_begun_holds(backwards: bool) -> None:
    rows = [
        "B,ACC-1,EPDR,Term,20,10,2026-02-11,2026-02-28",
        "B,ACC-1,EPDR,Term,25,11,2026-03-01,",
        "B,ACC-1,EPDR,Term,99,11,2026-04-01,",
        "B,ACC-1,EPP,Term,5,5,2026-02-11,2026-03-01",
        "B,ACC-1,EDR,Subscription,Unlimited,7,2026-02-11,",
    ]
    report = read("\n".join([HEADING, *(reversed(rows) if backwards else rows)]))
    assert sorted(has(report)) == [("edr", 7, "active"), ("epdr", 25, "active")]


def test_an_expiry_that_has_passed_is_an_allocation_that_has_expired() -> None:
    report = read(
        "Account,Product,Allocated,Expiration Date\nNorthwind Bakery,EPDR,4,2026-03-14\nNorthwind Bakery,EPP,5,-\n"
    )
    assert has(report) == [("epdr", 4, "expired"), ("epp", 5, "active")]


def test_detailed_usage_is_dated_quantities_r8_6() -> None:
    report = read(
        f"{HEADING}\n"
        "B,ACC-1,EDR,Subscription,Unlimited,5,03/01/2026,03/10/2026\n"
        "B,ACC-1,EDR,Subscription,Unlimited,6,03/11/2026,03/20/2026\n"
        "B,ACC-1,EDR,Subscription,Unlimited,6,03/21/2026,\n"
        "B,ACC-1,EPP,Term,9,9,03/01/2026,\n"
    )
    assert report.usage(BAKERY, "edr") == ((date(2026, 3, 1), 5), (date(2026, 3, 11), 6))


def test_rows_that_cannot_be_read_are_refused_each_and_others_taken() -> None:
    report = read(
        f"{HEADING}\n"
        "B,ACC-1,EPDR,Term,many,1,2026-02-11,\n"
        "B,ACC-1,EPDR,Term,-3,1,2026-02-11,\n"
        "B,ACC-1,EPDR,Term,20,1.5,2026-02-11,\n"
        ",,EPDR,Term,20,1,2026-02-11,\n"
        "B,ACC-1,,Term,20,1,2026-02-11,\n"
        "B,ACC-1,EPDR,Term,20\n"
        "B,ACC-1,EPDR,Term,20,1,2026-02-30,\n"
        'B,ACC-1,"EPDR,Term,20,1,2026-02-11,\n'
        "B,ACC-1,EDR,Subscription,Unlimited,,2026-02-11,\n"
        "\n"
        ",,,,,,,\n"
        "B,ACC-1,EPP,Term,7,1,2026-02-11,\n"
    )
    assert list(report.refused) == [
        RefusedRow(2, "'many' is no number of seats", "ACC-1"),
        RefusedRow(3, "'-3' is no number of seats", "ACC-1"),
        RefusedRow(4, "'1.5' is no number of seats", "ACC-1"),
        RefusedRow(5, "names no account"),
        RefusedRow(6, "names no product", "ACC-1"),
        RefusedRow(7, "has 5 cells where the heading has 8"),
        RefusedRow(8, "'2026-02-30' is no date", "ACC-1"),
        RefusedRow(9, "unexpected end of data"),
        RefusedRow(10, "is a subscription without a limit, and says nothing of its usage", "ACC-1"),
    ]
    assert has(report) == [("epp", 7, "active")]


@pytest.mark.parametrize(
    ("line", "complete"),
    [("Other,ACC-2,EPDR,Term,many,1,,", True), ("B,acc-1,EPDR,Term,many,1,,", False),
     ("northwind bakery,,EPDR,Term,many,1,,", False), ("too,few,cells", False)],
)  # fmt: skip
def test_an_account_is_complete_where_no_refused_line_can_be_its(line: str, complete: bool) -> None:
    report = read(f"{HEADING}\nB,ACC-1,EPP,Term,7,1,2026-02-11,\n{line}\n")
    assert has(report) == [("epp", 7, "active")]
    assert report.is_complete(BAKERY) is complete


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "none of the first lines names the columns"),
        ("Hello\nworld\n", "none of the first lines names the columns"),
        ("Account,Colour,Quantity Allocated\n", "line 1: the report has no column for a product ('Product', "
         "'Product Name', 'License Name'); it has 'Account', 'Colour', 'Quantity Allocated'"),
        ("Report\n\nProduct,Quantity Used\n", "line 3: the report has no column for an account ('Account', "
         "'Account Name', 'Managed Account', 'Account Id', 'Wgc Account Id', 'Subscriber Id') and for what is"),
        ("Account,Product,Allocated,Subscriber\n", "line 1: 'Account' and 'Subscriber' name the same column"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_report_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(NotAReport) as caught:
        read(text)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("day_first", [False, True])
def test_dates_whose_order_is_wrong_make_none_of_a_file_sure(day_first: bool) -> None:
    dates = ["04/03/2026", "03/31/2026" if day_first else "31/03/2026"]
    text = HEADING + "".join(f"\nB,ACC-1,EPDR,Term,5,1,{day}," for day in dates)
    with pytest.raises(NotAReport, match=rf"line 3: '{dates[1]}' is not .*upload it again") as caught:
        read(text, day_first=day_first)
    assert ("month first" if day_first else "day first") in str(caught.value)
    row, _ = read(text, day_first=not day_first).rows
    assert row.start == (date(2026, 4, 3) if day_first else date(2026, 3, 4))


@pytest.mark.parametrize(
    "written", ["2026-03-04", "2026-03-04T10:00:00Z", "2026-03-04 10:00", "03/04/2026", "3/4/2026 11:59 PM",
                "4 Mar 2026", "04-Mar-2026", "Mar 4, 2026", "March 4, 2026"],
)  # fmt: skip
def test_forms_of_a_date(written: str) -> None:
    report = read(f'{HEADING}\nB,ACC-1,EPDR,Term,5,1,"{written}",\n')
    assert [row.start for row in report.rows] == [date(2026, 3, 4)]


@given(
    data=st.data(),
    rows=st.lists(
        st.tuples(TEXT, TEXT, st.integers(0, 10**9), st.none() | st.integers(0, 10**9),
                  st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1))),
        max_size=6,
    ),
    delimiter=st.sampled_from([",", ";", "\t"]),
)  # fmt: skip
def test_what_is_written_is_read_whatever_the_columns_are_named_and_wherever_they_stand(
    data: st.DataObject, rows: list[tuple[str, str, int, int | None, date | None]], delimiter: str
) -> None:
    columns = ["account", "product", "allocated", "used", "start"]
    names = {column: data.draw(st.sampled_from(ALIASES[column])) for column in columns}
    order = data.draw(st.permutations([*columns, "colour"]))
    spelled = data.draw(st.sampled_from([str.title, str.upper, lambda name: name.replace(" ", "_")]))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow([spelled(names.get(column, "colour")) for column in order])
    for account, product, allocated, used, start in rows:
        cells = {"account": account, "product": product, "allocated": allocated, "used": used, "start": start}
        writer.writerow(["" if cells.get(column) is None else cells[column] for column in order])
    report = read(text.getvalue())
    assert list(report.refused) == []
    assert [(row.account, row.product, row.allocated, row.used, row.start) for row in report.rows] == rows


@given(text=st.text(max_size=300), day_first=st.booleans())
def test_any_text_is_a_report_or_one_sentence(text: str, day_first: bool) -> None:
    try:
        read(text, day_first=day_first)
    except NotAReport as error:
        said = str(error)
    else:
        return
    assert said
    assert "\n" not in said


CELLS = st.text(st.sampled_from("ab1/-,;\"' \t20É"), max_size=8)


@given(lines=st.lists(st.lists(CELLS, min_size=5, max_size=9).map(",".join), max_size=8))
def test_every_line_is_taken_or_refused_and_none_costs_another(lines: list[str]) -> None:
    good = "B,ACC-1,EPDR,Term,5,1,2026-02-11,"
    text = "\n".join([HEADING, good, *lines, good])
    try:
        report = read(text)
    except NotAReport:
        return
    written = [number for number, line in enumerate(text.split("\n"), 1) if number > 1 and line.strip().strip(",")]
    assert sorted([*(row.line for row in report.rows), *(row.line for row in report.refused)]) == written
    assert {2, len(lines) + 3} <= {row.line for row in report.rows}
