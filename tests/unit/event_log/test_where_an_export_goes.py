"""The file of an export: whole under its name, or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.event_log.entries import EVERYTHING
from services.event_log.export import Exported, export, written
from shared.errors import UserError


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("before")
    with written(str(file)) as out:
        out.write(b"{}\n")
        assert file.read_text() == "before"
    assert file.read_bytes() == b"{}\n"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("broken_by", [KeyboardInterrupt, UserError])
def test_one_that_is_broken_off_leaves_what_was_there(tmp_path: Path, broken_by: type[BaseException]) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("before")

    def broken_off() -> None:
        with written(str(file)) as out:
            out.write(b"{}\n")
            raise broken_by("half way")

    with pytest.raises(broken_by):
        broken_off()
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(("name", "why"), [("none/log.jsonl", "No such file or directory"), ("", "Is a directory")])
def test_one_that_cannot_be_written_is_a_sentence(tmp_path: Path, name: str, why: str) -> None:
    with (
        pytest.raises(UserError, match=rf"cannot be written \({why}\); give another file, or -"),
        written(str(tmp_path / name)),
    ):
        pytest.fail("it was opened")


def test_a_device_is_written_as_it_is() -> None:
    with written("/dev/null") as out:
        out.write(b"{}\n")
    assert Path("/dev/null").is_char_device()


def test_what_is_left_out_is_counted_and_the_first_ones_are_named() -> None:
    done = Exported()
    for offset in range(30):
        done.leave_out(f"orders.events/0/{offset}", "is\x1bnot JSON")
    assert (done.left_out, len(done.named)) == (30, 20)
    assert done.named[0] == "orders.events/0/0: is\\x1bnot JSON"


def test_dead_letters_are_no_export() -> None:
    with pytest.raises(UserError, match="its records are copies of others that were refused"):
        export(lambda: "", lambda: "", "-", ["dead-letters"], EVERYTHING, skip_unreadable=True)
