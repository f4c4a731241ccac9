"""Where the records of a bulk wait between being read and being folded: files of this machine, one a bucket.

A bucket has all that is said of some customers (or resellers, or of the catalogue), so that it can be folded by itself
and memory does not grow with the log. The files are only read by the release that wrote them.
"""

from __future__ import annotations

import marshal
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from shared.log.records import Record

# So many records of a bucket are written at a time.
_CHUNK = 512
_LENGTH_BYTES = 4


class Bucket(NamedTuple):
    """What is folded together: `kind` is catalog, reseller, customer or document."""

    kind: str
    number: int

    @property
    def name(self) -> str:
        """Of its files, and of its job."""
        return f"{self.kind}-{self.number:04d}"


class SpoolWriter:
    """One reader's files: several readers write the same bucket side by side, each its own file."""

    def __init__(self, folder: Path, reader: int) -> None:
        self._folder = folder
        self._reader = reader
        self._waiting: dict[Bucket, list[tuple[Any, ...]]] = {}

    def put(self, bucket: Bucket, record: tuple[Any, ...]) -> None:
        """Add a record to a bucket; see `read_bucket` for its fields."""
        waiting = self._waiting.setdefault(bucket, [])
        waiting.append(record)
        if len(waiting) >= _CHUNK:
            self._write(bucket)

    def close(self) -> None:
        """Write what waits."""
        for bucket in list(self._waiting):
            self._write(bucket)

    def _write(self, bucket: Bucket) -> None:
        chunk = marshal.dumps(self._waiting.pop(bucket))
        # Opened for each chunk: there may be more buckets than a process can have files.
        with (self._folder / f"{bucket.name}.{self._reader}").open("ab") as file:
            file.write(len(chunk).to_bytes(_LENGTH_BYTES, "big") + chunk)


def spooled(record: Record, *, answers: bool) -> tuple[Any, ...]:
    """A record as it is spooled; `answers`: this is the bucket that answers for it."""
    return (
        answers, record.topic, record.partition, record.offset, record.timestamp, record.key, record.value,
        tuple(record.headers),
    )  # fmt: skip


def read_bucket(folder: Path, bucket: Bucket) -> Iterator[tuple[bool, Record]]:
    """The records of a bucket, in no order, each with whether the bucket answers for it."""
    for path in sorted(folder.glob(f"{bucket.name}.*")):
        with path.open("rb") as file:
            while length := file.read(_LENGTH_BYTES):
                for answers, *fields in marshal.loads(file.read(int.from_bytes(length, "big"))):
                    yield answers, Record(*fields)


def buckets_in(folder: Path) -> list[Bucket]:
    """The buckets that have anything, sorted."""
    names = {path.name.partition(".")[0] for path in folder.iterdir() if "-" in path.name}
    return sorted(Bucket(kind, int(number)) for kind, _, number in (name.partition("-") for name in names))


def empty(folder: Path) -> None:
    """A folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
