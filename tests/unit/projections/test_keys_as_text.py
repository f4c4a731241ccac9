"""Keys as text, as states keep what they depend on: what is written is read back."""

import pytest

from shared.projections.spec import Key


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (Key("customer", "cus-1"), "customer cus-1"),
        (Key("organisation", ""), "organisation"),
        # An id may have spaces, also at its end, and is another one then.
        (Key("customer", "Contoso Ltd "), "customer Contoso Ltd "),
        (Key("product", " "), "product  "),
    ],
)
def test_a_key_is_read_back_as_it_was(key: Key, text: str) -> None:
    assert str(key) == text
    assert Key.parse(text) == key
