"""`make mutation`: which mutants of the billing rules do the tests find? docs/mutation.md says how and what came out.

Named modules or all. `--again` runs only those mutants that no test had found. `--first=100` gives each mutant only so
many of its tests: soon done, and `--again` goes on from there. `--page` writes docs/mutation.md from what is kept here.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.mutation import page
from tests.mutation.engine import KILLED, OUT_OF_TIME, SURVIVED, Engine, Verdict
from tests.mutation.mutants import Mutants

ROOT: Final = Path(__file__).parents[2]
SCRATCH: Final = ROOT / ".mutation"
RESULTS: Final = Path(__file__).parent / "results"

# Not the tests of the suite itself, nor what applies mutations on its own.
TESTS: Final = ("tests/unit/billing", "tests/unit/invoicing", "--ignore=tests/unit/billing/test_the_five_mutations.py")


def main(arguments: list[str]) -> int:
    if "--page" in arguments:
        page.write(RESULTS)
        return 0
    again = "--again" in arguments
    most = next((int(argument[8:]) for argument in arguments if argument.startswith("--first=")), 1_000_000)
    named = [argument for argument in arguments if not argument.startswith("--")]
    modules = named or sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("shared/billing/*.py"))
    for module in modules:
        if not (ROOT / module).is_file():
            print(f"there is no {module}: name a module such as shared/billing/money.py", file=sys.stderr)
            return 2
    os.chdir(ROOT)
    written = {module: _written(module) for module in modules}
    keeper = _Keeper(written, again=again)
    mutants = Mutants({_dotted(module): kept["code"] for module, kept in written.items() if kept["mutants"]})
    mutants.install()
    workers = int(os.environ.get("WORKERS", "2"))
    engine = Engine(mutants, keeper.wants, keeper.take, workers, _state(), most)
    arguments = [
        "-q",
        "-s",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:hypothesispytest",
        *TESTS,
    ]
    pytest.main(arguments, plugins=[engine])
    if engine.failed:
        print(f"{engine.failed} fails without any mutant: mend it first", file=sys.stderr)
        return 1
    keeper.close()
    return 0


def _written(module: str) -> dict[str, Any]:
    """A module as mutmut mutates it, kept until the module changes."""
    generator = Path(__file__).with_name("generate.py")
    content = b"".join(path.read_bytes() for path in (ROOT / module, generator, ROOT / "requirements-mutation.lock"))
    kept = SCRATCH / "written" / f"{Path(module).stem}-{hashlib.sha256(content).hexdigest()[:16]}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        print(f"mutmut writes the mutants of {module}", flush=True)
        subprocess.run([SCRATCH / "venv/bin/python", generator, module, kept], cwd=ROOT, check=True)
    written: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return written


def _state() -> Path:
    """Where the tests without a mutant are kept: a file for each state of the code and its tests."""
    paths = [
        path
        for pattern in (
            "shared/**/*.py",
            "tests/unit/billing/*.py",
            "tests/unit/invoicing/*.py",
            "tests/*.py",
            "tests/cases/**/*.yaml",
            "docs/billing/*.md",
        )
        for path in sorted(ROOT.glob(pattern))
    ]
    paths += sorted(Path(__file__).parent.glob("*.py"))
    content = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    return SCRATCH / f"unchanged-{content[:16]}.json"


def _dotted(module: str) -> str:
    return module.removesuffix(".py").replace("/", ".")


class _Keeper:
    """Takes the verdicts of the mutants and keeps them by module, in tests/mutation/results."""

    def __init__(self, written: Mapping[str, Mapping[str, Any]], *, again: bool) -> None:
        self.written = {_dotted(module): kept for module, kept in written.items()}
        self.verdicts: dict[str, dict[str, Verdict]] = {module: {} for module in self.written}
        self.before: dict[str, set[str]] | None = None
        self.out_of_time_before = dict.fromkeys(self.written, 0)
        if again:
            self.before = {module: _not_found_before(module) for module in self.written}
            self.out_of_time_before = {module: _kept(module)["killed by the time limit"] for module in self.written}
        self.started = time.monotonic()

    def wants(self, module: str, mutant: str) -> bool:
        if self.before is None or self._named(module, mutant) in self.before[module]:
            return True
        self.verdicts[module][mutant] = Verdict(KILLED)
        return False

    def take(self, module: str, mutant: str, verdict: Verdict) -> None:
        self.verdicts[module][mutant] = verdict
        with (SCRATCH / "progress.log").open("a", encoding="utf-8") as log:
            log.write(
                f"{time.strftime('%H:%M:%S')} {verdict.word} {module}.{mutant} {verdict.seconds:.2f} {verdict.test}\n"
            )
        if len(self.verdicts[module]) == len(self.written[module]["mutants"]):
            self._keep(module)

    def close(self) -> None:
        for module in self.written:
            self._keep(module)

    def _named(self, module: str, mutant: str) -> str:
        change = self.written[module]["mutants"][mutant]
        return f"{change['function']}|{change['was']}|{change['became']}"

    def _keep(self, module: str) -> None:
        changes, verdicts = self.written[module]["mutants"], self.verdicts[module]
        words = [verdict.word for verdict in verdicts.values()]
        left = [
            {**changes[mutant], "verdict": verdict.word, "tests": f"{verdict.tests} of {verdict.of}"}
            for mutant, verdict in verdicts.items()
            if verdict.word not in (KILLED, OUT_OF_TIME)
        ]
        result = {
            "module": module,
            "commit": _commit(),
            "mutants": len(changes),
            "run": len(verdicts),
            "killed": words.count(KILLED) + words.count(OUT_OF_TIME),
            "killed by the time limit": words.count(OUT_OF_TIME) + self.out_of_time_before[module],
            "left": left,
        }
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
        (RESULTS / f"{module.rpartition('.')[2]}.json").write_text(text, encoding="utf-8")
        print(
            f"{module}: {len(changes)} mutants, {result['killed']} killed, {words.count(SURVIVED)} survived, "
            f"{len(left) - words.count(SURVIVED)} not reached; {time.monotonic() - self.started:.0f} s since the start",
            flush=True,
        )


def _not_found_before(module: str) -> set[str]:
    return {f"{change['function']}|{change['was']}|{change['became']}" for change in _kept(module)["left"]}


def _kept(module: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((RESULTS / f"{module.rpartition('.')[2]}.json").read_text(encoding="utf-8"))
    return result


def _commit() -> str:
    shown = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(shown, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
