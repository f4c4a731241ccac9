"""Every setting of the table with every value it can have: said by SettingChanged, and by `--setting`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

from shared.billing.settings import SETTINGS


def _values(key: str) -> Sequence[object]:
    """Every value of a setting, or some where it has many; the one that is not its default first."""
    setting = SETTINGS[key]
    match setting.kind:
        case "choice":
            return [*sorted(setting.choices, key=lambda choice: choice == setting.default)]
        case "bool":
            return [not setting.default, setting.default]
        case "int":
            return [24, 168, 0, None]
        case "country":
            return ["GR", "DE", None]
        case _:
            return ["0.05", "0.125", "0"]


_EVERY_SETTING: Final = [(key, value) for key in SETTINGS for value in _values(key)]
_LEVELS: Final = {"product": "product", "customer": "customer", "account": "reseller"}
# Scope, key and value of a SettingChanged.
settings_said: Final = st.sampled_from(
    [
        *[("organisation", key, value) for key, value in _EVERY_SETTING],
        *[(_LEVELS[s.level], s.key, v) for s in SETTINGS.values() if s.level in _LEVELS for v in _values(s.key)],
        ("organisation", "tax_rate.DE", "0.16"),
        ("organisation", "tax_rate.GR.book", "0.06"),
    ]
)


def _written(value: object) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@st.composite
def command_line(draw: st.DrawFn) -> dict[str, str]:
    """What `--setting` says: none, or up to three of all settings."""
    stated = draw(st.lists(st.sampled_from(_EVERY_SETTING), max_size=3))
    return {key: _written(value) for key, value in stated}
