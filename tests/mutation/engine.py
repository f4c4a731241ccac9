"""Every mutant of a module against the tests, in processes that are forked where all tests are collected.

A mutant takes the place of its function by its code object, so nothing else becomes slower. Of the tests, those run
that enter the function, and first those that found the mutants before it. The process that forks has run no test
itself: what `lru_cache` and the like remember from tests that passed would hide a mutant.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
import time
import types
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.tmpdir import tmppath_result_key

from tests.mutation.mutants import Function, Mutants
from tests.mutation.processes import forget, in_fork, silence

SURVIVED, KILLED, OUT_OF_TIME, NOT_REACHED, UNCLEAR = "survived", "killed", "out of time", "not reached", "unclear"

# Seconds of the processor beyond twice what the tests take unchanged; and what an endless list may take.
_TIME_FOR_NOTHING: Final = 2
_MEMORY: Final = 3 << 30

# So many tests come first that enter what few others enter in the module, and little else: they ask what it does there.
_NEAREST: Final = 75

_FOUND: Final = 17
_ALL_PASSED: Final = 0


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant, and the test that found it."""

    word: str
    test: str = ""
    tests: int = 0
    of: int = 0
    seconds: float = 0.0


class Engine:
    """A plugin of pytest that runs mutants where pytest would run the tests."""

    def __init__(
        self,
        mutants: Mutants,
        wanted: Callable[[str, str], bool],
        report: Callable[[str, str, Verdict], None],
        workers: int,
        kept: Path,
        most: int,
    ) -> None:
        self.mutants = mutants
        self.kept = kept
        self.most = most
        self.wanted = wanted
        self.report = report
        self.workers = workers
        self.failed = ""
        self._nearness: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        self._running: dict[int, tuple[str, str, int, int, int]] = {}
        self._found_by_function: dict[str, Counter[int]] = defaultdict(Counter)
        self._found_by_module: dict[str, Counter[int]] = defaultdict(Counter)
        self._found: Counter[int] = Counter()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        gc.freeze()
        unchanged = self._unchanged()
        if self.failed:
            return True
        seconds = unchanged["seconds"]
        entered = Counter(test for tests in unchanged["entered"].values() for test in tests)
        for function, tests in unchanged["entered"].items():
            for test in tests:
                near = 1 / len(tests) / entered[test] / (seconds[test] + 0.01)
                self._nearness[function.partition(":")[0]][test] += near
        for module, function, code in self._in_order():
            reached = unchanged["entered"].get(f"{module}:{function.__qualname__}", [])
            for name, mutant in code.items():
                if self.wanted(module, name):
                    self._start(module, name, function, mutant, reached, seconds)
        while self._running:
            self._wait()
        return True

    def _in_order(self) -> list[tuple[str, Function, dict[str, Function]]]:
        place = {module: index for index, module in enumerate(self.mutants.code_by_module)}
        return sorted(self.mutants.functions(), key=lambda one: place[one[0]])

    # --- the tests without a mutant -----------------------------------------------------------------------------------

    def _unchanged(self) -> dict[str, Any]:
        """How long each test takes, and the tests that enter a function; once for a state of code and tests."""
        if not self.kept.exists():
            print("the tests without a mutant, and which functions they enter", flush=True)
            measured: dict[str, Any] = json.loads(in_fork(self._measure))
            self.failed = measured["failed"] or self._control(measured["seconds"])
            if self.failed:
                return measured
            self.kept.write_text(json.dumps(measured), encoding="utf-8")
        kept: dict[str, Any] = json.loads(self.kept.read_text(encoding="utf-8"))
        return kept

    def _measure(self) -> str:
        seconds: list[float] = []
        for index, item in enumerate(self.items):
            before = time.process_time()
            if not self._passes(index, None):
                return json.dumps({"failed": item.nodeid})
            seconds.append(time.process_time() - before)
        entered: dict[str, list[int]] = defaultdict(list)
        for index in range(len(self.items)):
            for function in self._functions_entered(index):
                entered[function].append(index)
        return json.dumps({"failed": "", "seconds": seconds, "entered": entered})

    def _functions_entered(self, index: int) -> set[str]:
        codes: set[types.CodeType] = set()

        def seen(frame: types.FrameType, event: str, arg: object) -> None:
            if event == "call":
                codes.add(frame.f_code)

        forget()
        sys.setprofile(seen)
        self._passes(index, None)
        sys.setprofile(None)
        return {
            f"shared.billing.{Path(code.co_filename).name.partition('.')[0]}:{code.co_qualname}"
            for code in codes
            if "/shared/billing/" in code.co_filename
        }

    def _passes(self, index: int, then: int | None) -> bool:
        """A test without pytest's report, which takes longer than to find the failure; `then` is the test that follows.

        Tests without a mutant run by it as well: a test that fails here for another reason would find every mutant.
        """
        item = self.items[index]
        state = item.session._setupstate
        following = None if then is None else self.items[then]
        item.stash[tmppath_result_key] = {}  # the report would write it, and tmp_path reads it at its end
        try:
            state.setup(item)
            item.runtest()
            state.teardown_exact(following)
        except pytest.skip.Exception:
            state.teardown_exact(following)
        except BaseException:  # A mutant may break pytest itself: that is seen as well.
            return False
        return True

    # --- a mutant -----------------------------------------------------------------------------------------------------

    def _start(
        self, module: str, name: str, function: Function, mutant: Function, reached: list[int], seconds: list[float]
    ) -> None:
        if not reached:
            self.report(module, name, Verdict(NOT_REACHED))
            return
        if len(function.__code__.co_freevars) != len(mutant.__code__.co_freevars):
            self.report(module, name, Verdict(UNCLEAR))
            return
        while len(self._running) >= self.workers:
            self._wait()
        key = f"{module}:{function.__qualname__}"
        tests = self._first_the_likely(reached, key, module)[: self.most]

        def mutate() -> None:
            function.__code__ = mutant.__code__
            function.__defaults__ = mutant.__defaults__
            function.__kwdefaults__ = mutant.__kwdefaults__

        process, pipe = self._fork(tests, seconds, mutate)
        self._running[process] = (key, name, pipe, len(tests), len(reached))

    def _control(self, seconds: list[float]) -> str:
        """The test that finds what is no mutant, in a process like a mutant's and mixed like there; "" for none."""
        mixed = sorted(range(len(self.items)), key=lambda index: index * 7919 % len(self.items))
        process, pipe = self._fork(mixed, seconds, lambda: None)
        found = os.read(pipe, 100)
        os.close(pipe)
        _, status = os.waitpid(process, 0)
        if found:
            return self.items[int(found)].nodeid
        return "" if os.waitstatus_to_exitcode(status) == _ALL_PASSED else "a process that runs every test"

    def _fork(self, tests: list[int], seconds: list[float], mutate: Callable[[], None]) -> tuple[int, int]:
        """A process that runs tests until one fails, with a limit of time and memory, and where it says which."""
        pipe_out, pipe_in = os.pipe()
        process = os.fork()
        if process == 0:
            limit = int(2 * sum(seconds[index] for index in tests)) + _TIME_FOR_NOTHING
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            silence()
            mutate()
            self._run(tests, pipe_in)
        os.close(pipe_in)
        return process, pipe_out

    def _first_the_likely(self, reached: list[int], key: str, module: str) -> list[int]:
        """Tests that found a mutant of this function; some that enter what few enter in its module; then all, mixed."""
        near = self._nearness[module]
        nearest = set(sorted(reached, key=lambda index: -near[index])[:_NEAREST])
        return sorted(
            reached,
            key=lambda index: (
                -self._found_by_function[key][index],
                index not in nearest,
                -self._found_by_module[module][index],
                -self._found[index],
                index * 7919 % len(self.items),
            ),
        )

    def _run(self, tests: list[int], pipe: int) -> None:
        try:
            for index, then in zip(tests, [*tests[1:], None], strict=True):
                if not self._passes(index, then):
                    os.write(pipe, str(index).encode())
                    os._exit(_FOUND)
            os._exit(_ALL_PASSED)
        except BaseException:  # A mutant may break pytest itself: that is seen as well.
            os._exit(_FOUND)

    def _wait(self) -> None:
        process, status, used = os.wait3(0)
        key, name, pipe, tests, of = self._running.pop(process)
        found = os.read(pipe, 100)
        os.close(pipe)
        module = key.partition(":")[0]
        code = os.waitstatus_to_exitcode(status)
        if found:
            index = int(found)
            for count in (self._found_by_function[key], self._found_by_module[module], self._found):
                count[index] += 1
        test = self.items[int(found)].nodeid if found else ""
        self.report(module, name, Verdict(_word(code), test, tests, of, used.ru_utime + used.ru_stime))


def _word(code: int) -> str:
    if code == _FOUND:
        return KILLED
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return OUT_OF_TIME
    return SURVIVED if code == _ALL_PASSED else UNCLEAR
