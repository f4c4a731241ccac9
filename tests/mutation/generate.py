"""Mutants of one module, written by mutmut. Runs in .mutation/venv, which has mutmut and nothing of this project.

mutmut passes over decorated functions. So `@property` above a method is first written below it, as
`name = property(name)`, which is the same class; likewise with every other decorator that mutmut does not know.
"""

from __future__ import annotations

import ast
import difflib
import json
import sys
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents

_MUTMUT_KNOWS = {"staticmethod", "classmethod"}


def main(module: str, target: str) -> None:
    mutated = mutate_file_contents(module, undecorated(Path(module).read_text(encoding="utf-8")))
    lines = mutated.code.splitlines()
    text = {name: lines[span.start - 1 : span.end] for name, span in mutated.line_span_by_function_name.items()}
    mutants = {name: _changed(name, text) for name in mutated.mutant_names}
    Path(target).write_text(json.dumps({"code": mutated.code, "mutants": mutants}), encoding="utf-8")


def undecorated(source: str) -> str:
    lines = source.splitlines()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for function in sorted(functions, key=lambda node: node.lineno, reverse=True):
        decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
        if not decorators or _MUTMUT_KNOWS.intersection(decorators):
            continue
        assert function.end_lineno is not None
        applied = function.name
        for decorator in reversed(decorators):
            applied = f"{decorator}({applied})"
        lines.insert(function.end_lineno, f"{' ' * function.col_offset}{function.name} = {applied}")
        first = min(decorator.lineno for decorator in function.decorator_list)
        del lines[first - 1 : function.lineno - 1]
    return "\n".join(lines) + "\n"


def _changed(name: str, text: dict[str, list[str]]) -> dict[str, str]:
    """A mutant as a person names it: its function, and the lines before and after."""
    function, _, _ = name.rpartition("__mutmut_")
    before = [line.replace(f"{function}__mutmut_orig", "") for line in text[f"{function}__mutmut_orig"]]
    after = [line.replace(name, "") for line in text[name]]
    changes = [line for line in difflib.ndiff(before, after) if line[:2] in ("- ", "+ ")]
    return {
        "function": function.removeprefix("x_").removeprefix("xǁ").replace("ǁ", "."),
        "was": " ".join(line[2:].strip() for line in changes if line[0] == "-"),
        "became": " ".join(line[2:].strip() for line in changes if line[0] == "+"),
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
