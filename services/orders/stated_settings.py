"""Settings as last stated for the organisation, a product, a reseller or a customer: rows of `read.settings`. Pure.

Each scope has a table of its own, because ids of different scopes may be the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from shared.billing.facts import Fact, SettingChanged
from shared.billing.settings import refusal
from shared.events.values import moment_text
from shared.projections.facts import moment_of
from shared.projections.registers import Registers, Stated, as_object
from shared.projections.spec import Row, Rows, Table

SettingScope = Literal["organisation", "product", "reseller", "customer"]
SCOPES: tuple[SettingScope, ...] = get_args(SettingScope)
_COLUMNS = ("scope_id", "key", "effective_from", "value", "refused")
SETTING_TABLES = {
    scope: Table(f"{scope}_setting", _COLUMNS, owner="scope_id", key=("scope_id", "key", "effective_from"), many=True)
    for scope in SCOPES
}
# Stated by every setting: what has nothing else stated of it yet is shown with its settings alone.
HAS_SETTINGS = "settings"
_PREFIX = "setting "


def setting_states(fact: Fact) -> Stated:
    """One setting from a date on; said again for the same date, the later statement holds."""
    if isinstance(fact.body, SettingChanged):
        begins = moment_text(fact.body.effective_from)
        yield HAS_SETTINGS, True
        yield (
            f"{_PREFIX}{begins} {fact.body.key}",
            {"key": fact.body.key, "effective_from": begins, "value": fact.body.value},
        )


def is_setting(name: str) -> bool:
    """Whether a register is about a setting, not about the thing itself."""
    return name == HAS_SETTINGS or name.startswith(_PREFIX)


def setting_rows(scope: SettingScope, scope_id: str, state: Registers) -> Rows:
    """One row for each setting and date, with why it cannot hold where it cannot."""
    rows: list[Row] = [
        (scope_id, change.key, moment_text(change.effective_from), change.value, refusal(change))
        for _, change in settings_in(scope, scope_id, state)
    ]
    return {SETTING_TABLES[scope].name: sorted(rows, key=lambda row: (str(row[1]), str(row[2])))}


def settings_in(scope: SettingScope, scope_id: str, state: Registers) -> Iterator[tuple[str, SettingChanged]]:
    """The settings that registers hold, with the name of the register of each."""
    for name, register in state.items():
        if name.startswith(_PREFIX):
            stated = as_object(register.value)
            yield (
                name,
                SettingChanged(
                    scope,
                    None if scope == "organisation" else scope_id,
                    str(stated["key"]),
                    str(stated["value"]),
                    moment_of(str(stated["effective_from"])),
                ),
            )
