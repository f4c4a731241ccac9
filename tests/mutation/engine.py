"""Every mutant of a module against the tests, in processes that are forked where all tests are collected.

A mutant takes the place of its function by its code object, so nothing else becomes slower. Of the tests, those run
that enter the function, and first those that found the mutants before it. The process that forks has run no test
itself: what `lru_cache` and the like remember from tests that passed would hide a mutant.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import time
import types
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

Function = types.FunctionType

SURVIVED, KILLED, OUT_OF_TIME, NOT_REACHED, UNCLEAR = "survived", "killed", "out of time", "not reached", "unclear"

# Seconds of the processor beyond twice what the tests take unchanged; and what an endless list may take.
_TIME_FOR_NOTHING: Final = 2
_MEMORY: Final = 3 << 30

# So many tests come first that enter what few others enter in the module: what a function does there is what they ask.
_NEAREST: Final = 25

_FOUND: Final = 17
_ALL_PASSED: Final = 0


@dataclass
class Mutants:
    """What mutmut wrote: by module its code, and what wrap_in_trampoline was given while it was imported."""

    code_by_module: Mapping[str, str]
    switches: list[tuple[dict[str, Any], Function]] = field(default_factory=list)

    def install(self) -> None:
        """Have the modules imported as mutmut wrote them; each function is still the original."""
        switch = types.ModuleType("mutmut.mutation.trampoline")
        switch.__dict__.update(wrap_in_trampoline=self._wrap, MutantDict=dict)
        for name in ("mutmut", "mutmut.mutation"):
            sys.modules[name] = types.ModuleType(name)
        sys.modules[switch.__name__] = switch
        sys.meta_path.insert(0, _Finder(self.code_by_module))

    def _wrap(self, mutants: dict[str, Any], is_classmethod: bool = False) -> Callable[[Function], Function]:
        def keep(function: Function) -> Function:
            self.switches.append((mutants, function))
            return function

        return keep

    def functions(self) -> Iterator[tuple[str, Function, dict[str, Function]]]:
        """Module, function, and the mutants that may take its place."""
        for mutants, function in self.switches:
            yield (
                function.__module__,
                function,
                {
                    name: getattr(mutant, "__func__", mutant)
                    for name, mutant in mutants.items()
                    if name != "_mutmut_orig"
                },
            )


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, code_by_module: Mapping[str, str]) -> None:
        self.code_by_module = code_by_module

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.code_by_module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.origin is not None
        return importlib.util.spec_from_file_location(
            fullname, spec.origin, loader=_Loader(fullname, spec.origin, self.code_by_module[fullname])
        )


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, code: str) -> None:
        super().__init__(fullname, path)
        self.code = code

    def get_code(self, fullname: str) -> types.CodeType:
        code: types.CodeType = compile(self.code, f"{self.path}.mutants", "exec", dont_inherit=True)
        return code


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
        for function, tests in unchanged["entered"].items():
            for test in tests:
                self._nearness[function.partition(":")[0]][test] += 1 / len(tests) / (seconds[test] + 0.01)
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
            measured: dict[str, Any] = json.loads(_in_fork(self._measure))
            self.failed = measured["failed"]
            if self.failed:
                return measured
            self.kept.write_text(json.dumps(measured), encoding="utf-8")
        kept: dict[str, Any] = json.loads(self.kept.read_text(encoding="utf-8"))
        return kept

    def _measure(self) -> str:
        seconds: list[float] = []
        for index, item in enumerate(self.items):
            before = time.process_time()
            if not self._passes(index):
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

        _forget()
        sys.setprofile(seen)
        self._passes(index)
        sys.setprofile(None)
        return {
            f"shared.billing.{Path(code.co_filename).name.partition('.')[0]}:{code.co_qualname}"
            for code in codes
            if "/shared/billing/" in code.co_filename
        }

    def _passes(self, index: int) -> bool:
        return not any(report.failed for report in runtestprotocol(self.items[index], log=False))

    def _passes_quickly(self, index: int, then: int | None) -> bool:
        """The same without a report: to describe a failure takes longer than to find it."""
        item = self.items[index]
        state = item.session._setupstate
        try:
            state.setup(item)
            item.runtest()
            state.teardown_exact(None if then is None else self.items[then])
        except pytest.skip.Exception:
            state.teardown_exact(None if then is None else self.items[then])
        except BaseException:
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
        pipe_out, pipe_in = os.pipe()
        process = os.fork()
        if process == 0:
            limit = int(2 * sum(seconds[index] for index in tests)) + _TIME_FOR_NOTHING
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            _silence()
            function.__code__ = mutant.__code__
            function.__defaults__ = mutant.__defaults__
            function.__kwdefaults__ = mutant.__kwdefaults__
            self._run(tests, pipe_in)
        os.close(pipe_in)
        self._running[process] = (key, name, pipe_out, len(tests), len(reached))

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
                if not self._passes_quickly(index, then):
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


def _forget() -> None:
    for module in list(sys.modules.values()):
        if module.__name__.startswith("shared.billing"):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def _silence() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


def _in_fork(work: Callable[[], str]) -> str:
    """What a function gives, in a process of its own that leaves nothing behind in this one."""
    pipe_out, pipe_in = os.pipe()
    process = os.fork()
    if process == 0:
        _silence()
        with os.fdopen(pipe_in, "w", encoding="utf-8") as out:
            out.write(work())
        os._exit(0)
    os.close(pipe_in)
    with os.fdopen(pipe_out, encoding="utf-8") as kept:
        result = kept.read()
    os.waitpid(process, 0)
    return result
