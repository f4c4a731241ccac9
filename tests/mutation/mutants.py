"""The modules as mutmut wrote them, imported in place of the originals, and the mutants of their functions."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Function = types.FunctionType


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
