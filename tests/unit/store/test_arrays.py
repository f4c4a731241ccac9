"""Array literals say what was meant, whatever stands in the text."""

from __future__ import annotations

import pytest
from psycopg import DataError

from shared.store.arrays import columns, literal


def test_plain_text_and_text_with_quotes() -> None:
    assert literal(["a", "b"]) == '{"a","b"}'
    assert literal(['say "hi"', "back\\slash", "", "NULL", None, "a,b{}"]) == (
        '{"say \\"hi\\"","back\\\\slash","","NULL",NULL,"a,b{}"}'
    )


def test_two_texts_whose_ends_look_like_a_border() -> None:
    assert literal(['a","b', "c"]) == '{"a\\",\\"b","c"}'


def test_a_column_of_nothing_and_rows_of_nothing() -> None:
    assert literal([]) == "{}"
    assert columns([], 2) == ["{}", "{}"]


def test_a_nul_is_refused_as_the_database_would() -> None:
    for texts in (["a\x00b"], ["a\x00b", None]):
        with pytest.raises(DataError):
            literal(texts)


def test_a_value_without_a_form_is_refused() -> None:
    with pytest.raises(DataError, match="a set has no form"):
        literal([{1}])
