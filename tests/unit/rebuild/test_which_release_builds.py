"""The release of a rebuild: another one wherever the code that builds differs, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from services.prepare import specs
from shared.projections.rebuild.release import checksum, release_of


def working_copy(home: Path) -> list[Path]:
    """Two packages with a module and some SQL, and with what is no code."""
    for name in ("shared", "services"):
        folder = home / name / "orders" / "sql"
        folder.mkdir(parents=True)
        (folder.parent / "projection.py").write_text("VERSION = 1\n")
        (folder / "tables.sql").write_text("CREATE TABLE sales_order ();\n")
        (folder / "notes.txt").write_text("to be read by nobody\n")
    return [home / "shared", home / "services"]


def test_two_working_copies_with_the_same_code_are_the_same_release(tmp_path: Path) -> None:
    one, other = working_copy(tmp_path / "one"), working_copy(tmp_path / "other")
    (tmp_path / "other" / "services" / "orders" / "sql" / "notes.txt").write_text("something else\n")
    assert checksum(one) == checksum(reversed(other))


def test_two_working_copies_are_another_release_where_a_line_of_code_or_sql_differs(tmp_path: Path) -> None:
    found = {checksum(working_copy(tmp_path / "one"))}
    for place, (file, text) in enumerate(
        [
            ("orders/projection.py", "VERSION = 2\n"),
            ("orders/sql/tables.sql", "CREATE TABLE sales_order (a int);\n"),
            # What one file loses and the next one gains is not the same code.
            ("orders/one_more.py", ""),
        ]
    ):
        packages = working_copy(tmp_path / f"changed-{place}")
        (packages[1] / file).write_text(text)
        found.add(checksum(packages))
    assert len(found) == 4


def test_a_release_says_its_version_its_projections_and_its_code() -> None:
    every = list(specs())
    told = release_of(every)
    assert told == release_of(every)
    assert all(f"{spec.name} {spec.version}" in told for spec in every)
    # A projection of another version, or another choice of projections, is not gone on with
    assert release_of([replace(every[0], version=every[0].version + 1), *every[1:]]) != told
    assert release_of(every[:1]) != told
    # The code counts that projections come from, of whichever service they are
    assert told.rpartition("code ")[2] == release_of(every[:1]).rpartition("code ")[2]
