"""Which release builds: only the one that began a rebuild goes on with it, or rows of two would lie side by side."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from shared.projections.spec import ProjectionSpec

_DISTRIBUTION = "seatledger"
_CODE = ("*.py", "*.sql")
_SHOWN = 16


def release_of(specs: Sequence[ProjectionSpec]) -> str:
    """The release that runs: `0.1.0, Python 3.11.2, orders 1, subscriptions 1, code 8c1f…`.

    The code is this package and those that the projections come from, all of it: what folds look at is not told apart
    from what they do not. A version alone would not do, since two working copies have the same one; and one rebuild too
    many costs minutes, one that is mixed is found by nobody. Python counts because what lies in buckets is in its form.
    """
    versions = ", ".join(f"{spec.name} {spec.version}" for spec in specs)
    packages = {_package(Path(__file__).parent), *(_package(spec.sql) for spec in specs)}
    code = checksum(packages)[:_SHOWN]
    return f"{metadata.version(_DISTRIBUTION)}, Python {platform.python_version()}, {versions}, code {code}"


def checksum(packages: Iterable[Path]) -> str:
    """Of all code in some packages, wherever they lie: of the names of its files and what stands in them."""
    found = sha256()
    for package in sorted(packages, key=lambda one: one.name):
        for file in sorted(file for pattern in _CODE for file in package.rglob(pattern)):
            content = file.read_bytes()
            found.update(f"{package.name}/{file.relative_to(package).as_posix()} {len(content)}\n".encode())
            found.update(content)
    return found.hexdigest()


def _package(folder: Path) -> Path:
    """The outermost package that a folder is in."""
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    return folder
