"""The vendors' own samples, where somebody has them: SEATLEDGER_VENDOR_SAMPLES names the folder."""

from __future__ import annotations

import csv
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

FOLDER = os.environ.get("SEATLEDGER_VENDOR_SAMPLES", "")

needed = pytest.mark.skipif(
    not FOLDER, reason="needs the samples of vendors' documentation: SEATLEDGER_VENDOR_SAMPLES names their folder"
)


def sample(name: str) -> Path:
    return Path(FOLDER) / name


def sample_csv(name: str) -> list[dict[str, str]]:
    with sample(name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def sample_json(name: str) -> Any:
    return json.loads(sample(name).read_bytes(), parse_float=Decimal)
