"""The body of a command in a JSON or YAML file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from shared.errors import BAD_REQUEST, UserError

_ADVICE = "give the fields of the command, as JSON or YAML"


def object_in(file: str) -> Mapping[str, Any]:
    """The object in a file; - is standard input. UserError says why it cannot be read."""
    try:
        content = yaml.safe_load(_text(file))
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror}); {_ADVICE}", BAD_REQUEST) from None
    except UnicodeDecodeError:
        raise UserError(f"{file}: is not UTF-8; save it as UTF-8", BAD_REQUEST) from None
    except (yaml.YAMLError, ValueError) as error:
        place = getattr(error, "problem_mark", None)
        line = "" if place is None else f", line {place.line + 1}"
        raise UserError(f"{file}{line}: is neither JSON nor YAML; {_ADVICE}", BAD_REQUEST) from None
    if content is None:
        raise UserError(f"{file}: is empty; {_ADVICE}", BAD_REQUEST)
    if not isinstance(content, dict):
        raise UserError(f"{file}: holds no object; {_ADVICE}", BAD_REQUEST)
    return content


def _text(file: str) -> str:
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return content.decode("utf-8-sig")
