"""docs/mutation.md: what the mutants are, what became of them, and why those that live are left alive."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

PAGE: Final = Path(__file__).parents[2] / "docs/mutation.md"
REASONS: Final = Path(__file__).with_name("reasons.yaml")

TEXT: Final = Path(__file__).with_name("page.md")


def write(results: Path) -> None:
    """Write the page from the results and the reasons that people wrote down."""
    modules = sorted(Path(__file__).parents[2].glob("shared/billing/*.py"))
    kept = {path.stem: _read(results / f"{path.stem}.json") for path in modules}
    reasons: list[Mapping[str, str]] = yaml.safe_load(REASONS.read_text(encoding="utf-8")) or []
    measured = {name: result for name, result in kept.items() if result is not None and result["mutants"]}
    text = TEXT.read_text(encoding="utf-8") + "\n" + _table(measured)
    not_run = [name for name, result in kept.items() if result is None]
    text += f"\nNot run: {', '.join(f'`{name}`' for name in not_run)}.\n" if not_run else ""
    text += (
        "\nWithout a function that mutmut mutates: "
        + ", ".join(f"`{name}`" for name, result in kept.items() if result is not None and not result["mutants"])
        + ".\n"
    )
    text += "\n## Those that live\n\nThe reason of each is kept in `tests/mutation/reasons.yaml`.\n"
    for name, result in measured.items():
        if result["left"]:
            text += f"\n### {name}\n\n" + _survivors(name, result["left"], reasons)
    PAGE.write_text(text, encoding="utf-8")


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def _table(measured: Mapping[str, Mapping[str, Any]]) -> str:
    rows = ["| module | mutants | killed | % | live | not reached | commit |", "|---|---:|---:|---:|---:|---:|---|"]
    total = killed = live = unreached = 0
    for name, result in measured.items():
        words = [change["verdict"] for change in result["left"]]
        total, killed = total + result["mutants"], killed + result["killed"]
        live, unreached = live + words.count("survived"), unreached + words.count("not reached")
        rows.append(
            f"| {name} | {result['mutants']} | {result['killed']} | {100 * result['killed'] / result['mutants']:.1f} "
            f"| {words.count('survived')} | {words.count('not reached')} | {result['commit']} |"
        )
    share = 100 * killed / total if total else 0
    rows.append(f"| **all that ran** | **{total}** | **{killed}** | **{share:.1f}** | {live} | {unreached} | |")
    return "\n".join(rows) + "\n"


def _survivors(module: str, left: Sequence[Mapping[str, str]], reasons: Sequence[Mapping[str, str]]) -> str:
    rows = ["| function | was | became | why it lives |", "|---|---|---|---|"]
    for change in left:
        known = (reason["reason"] for reason in reasons if _is_meant(reason, module, change))
        why = next(known, _open(change))
        rows.append(f"| {change['function']} | {_code(change['was'])} | {_code(change['became'])} | {why} |")
    return "\n".join(rows) + "\n"


def _open(change: Mapping[str, str]) -> str:
    if change["verdict"] != "survived":
        return "**open**: no test enters the function"
    met, _, entering = change["tests"].partition(" of ")
    return f"**open**: all {entering} tests pass" if met == entering else f"met {met} of its {entering} tests only"


def _is_meant(reason: Mapping[str, str], module: str, change: Mapping[str, str]) -> bool:
    """`where` is module:function, or the module; `was` and `became`, if they stand, are parts of the line."""
    where = reason["where"]
    said = all(reason.get(word, "") in change[word] for word in ("was", "became"))
    return said and where in (module, f"{module}:{change['function']}")


def _code(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`` {escaped} ``" if "`" in text else f"`{escaped}`"
