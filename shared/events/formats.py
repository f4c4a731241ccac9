"""JSON Lines, a JSON list or a YAML list: each event's JSON object with the place where it stands.

YAML is read as YAML 1.2's core schema reads it: dates stay text, `no` is not a boolean, `010` is not eight. So a YAML
file means what the same JSON means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from shared.events.errors import Unreadable

if TYPE_CHECKING:
    import yaml

_YAML_NAMES = (".yaml", ".yml")
_JSON_NAMES = (".json", ".jsonl", ".ndjson")
_SPACE = re.compile(r"[ \t\r\n]*")


class Item(NamedTuple):
    """One event of a file as it was parsed: `line` from 1; `item` from 1 in a list, None in JSON Lines."""

    line: int
    item: int | None
    value: object


class Malformed(NamedTuple):
    """A place where the file is not what its format says; `what` is half a sentence."""

    line: int
    item: int | None
    what: str


def parse(text: str, name: str) -> Iterator[Item | Malformed]:
    """The items of the file `name` ("-" for standard input), in the order of the file."""
    first = text.lstrip()[:1]
    if name.endswith(_YAML_NAMES) or (first not in ("", "{", "[") and not name.endswith(_JSON_NAMES)):
        return _yaml_list(text)
    if first == "[":
        return _json_list(text)
    return _json_lines(text)


def _json_lines(text: str) -> Iterator[Item | Malformed]:
    whole = _one_object(text)
    if whole is not None:
        yield whole
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield Item(number, None, orjson.loads(line))
            except orjson.JSONDecodeError as error:
                yield Malformed(number, None, f"is not JSON ({error}); give one JSON object a line")


def _one_object(text: str) -> Item | None:
    """A single event written over several lines, as an editor formats it."""
    before = len(text) - len(text.lstrip())
    if _is_json(text[before:].partition("\n")[0]) or not _is_json(text):
        return None
    return Item(text.count("\n", 0, before) + 1, None, orjson.loads(text))


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _json_list(text: str) -> Iterator[Item | Malformed]:
    """Item by item, so that each knows its line."""
    decoder = json.JSONDecoder(parse_constant=_refused_constant)
    position = _skip(text, text.index("[") + 1)
    number, line, counted = 0, 1, 0
    closed = text[position : position + 1] == "]"
    while not closed:
        number += 1
        line, counted = line + text.count("\n", counted, position), position
        try:
            value, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            yield Malformed(error.lineno, number, f"is not JSON ({error.msg.lower()}); mend it there")
            return
        except (ValueError, RecursionError) as error:
            yield Malformed(line, number, f"is not JSON ({error}); mend it there")
            return
        yield Item(line, number, value)
        position = _skip(text, end)
        closed = text[position : position + 1] == "]"
        if not closed and text[position : position + 1] != ",":
            at = line + text.count("\n", counted, position)
            yield Malformed(at, number, "is not followed by a comma or by the end of the list; add it")
            return
        position = _skip(text, position + 1)
    rest = position if number else _skip(text, position + 1)
    if text[rest:].strip():
        yield Malformed(1 + text.count("\n", 0, rest), None, "something stands after the end of the list; take it away")


def _skip(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _refused_constant(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


def _yaml_list(text: str) -> Iterator[Item | Malformed]:
    import yaml  # only where a file is YAML: the command line starts without it

    try:
        loader = _core_loader()(text)
        root = loader.get_single_node()
        if root is None:
            return
        nodes = root.value if isinstance(root, yaml.SequenceNode) else [root]
        for number, node in enumerate(nodes, 1):
            yield Item(node.start_mark.line + 1, number, loader.construct_document(node))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        yield Malformed(line, None, f"is not YAML ({error.problem}); give a list of events")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        yield Malformed(line, None, f"is not YAML ({error.reason}); give a list of events")
    except RecursionError:
        yield Malformed(1, None, "is not a list of events (it is nested too deep); give a list of events")


def _core_loader() -> type[yaml.SafeLoader]:
    import yaml

    class CoreLoader(yaml.SafeLoader):
        """YAML 1.2's core schema instead of YAML 1.1's guesses."""

        def flatten_mapping(self, node: Any) -> None:
            super().flatten_mapping(node)
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:str":
                    raise yaml.constructor.ConstructorError(None, None, "a name is not text", key.start_mark)

    CoreLoader.yaml_implicit_resolvers = {}
    resolvers = {
        "null": (r"~|null|", ["~", "n", ""]),
        "bool": (r"true|false", list("tf")),
        "int": (r"-?(0|[1-9][0-9]*)", list("-0123456789")),
        "float": (r"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?|-?\.(inf|nan)", list("-.0123456789")),
        "merge": (r"<<", ["<"]),
    }
    for kind, (pattern, first) in resolvers.items():
        CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{pattern})$"), first)
    return CoreLoader


def as_text(content: bytes) -> str:
    """Raises Unreadable for bytes that are not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable("file", f"line {line} is not UTF-8; save the file as UTF-8") from None
