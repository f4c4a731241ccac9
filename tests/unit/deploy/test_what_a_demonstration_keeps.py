"""A demonstration begins with nothing, and deletes nothing but what an earlier demonstration left."""

from pathlib import Path

import pytest

from deploy.local import system
from deploy.local.infrastructure import Choice, keep, keep_aside, mark_as_demonstration
from shared.errors import UserError

CHOICE = Choice("embedded", "embedded")


def data(home: Path) -> Path:
    folder = CHOICE.folder(home)
    folder.mkdir(parents=True)
    (folder / "precious").touch()
    return folder


def test_what_the_user_s_own_system_kept_is_moved_aside_and_said(tmp_path: Path) -> None:
    folder, said = data(tmp_path), list[str]()

    keep_aside(CHOICE, tmp_path, said.append)

    (aside,) = folder.parent.iterdir()
    assert (aside / "precious").exists()
    assert aside.name.startswith("embedded-kept-")
    assert str(aside) in said[0]


def test_what_an_earlier_demonstration_left_stays_for_the_next_one_to_delete(tmp_path: Path) -> None:
    folder, said = data(tmp_path), list[str]()
    mark_as_demonstration(CHOICE, tmp_path)

    keep_aside(CHOICE, tmp_path, said.append)

    assert (folder / "precious").exists()
    assert said == []


def test_what_an_earlier_demonstration_left_is_kept_once_the_user_went_on_with_it(tmp_path: Path) -> None:
    folder, said = data(tmp_path), list[str]()
    mark_as_demonstration(CHOICE, tmp_path)
    keep(CHOICE, tmp_path)

    keep_aside(CHOICE, tmp_path, said.append)

    assert not folder.exists()
    assert len(said) == 1


def test_a_home_that_cannot_be_made_is_one_sentence() -> None:
    with pytest.raises(UserError, match="/proc/nope cannot be made"):
        system.make_home(Path("/proc/nope"))
