"""veraPDF: what ISO 19005-3 (PDF/A-3, conformance B) says of a PDF. `make verapdf` brings it, Java runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[2]
_JARS: Final = _ROOT / ".verapdf" / "jars"
_SCRIPT: Final = _ROOT / "tests" / "verapdf" / "validate.js"
# The JVM lives for seconds: what is compiled best is compiled too late.
_JAVA: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.awt.headless=true")


@dataclass(frozen=True, slots=True)
class Finding:
    """How often a rule was held against the PDF, and those that do not hold, each with its clause and where it is."""

    checks: int
    broken: tuple[str, ...]


def missing() -> str | None:
    """Why veraPDF cannot run here; None where it can."""
    if shutil.which("java") is None:
        return "veraPDF needs Java, and no `java` is on the PATH"
    if not any(_JARS.glob("validation-model-*.jar")):
        return f"veraPDF is not in {_JARS}: `make verapdf` brings it (needs Java and Maven)"
    return None


def findings(pdfs: Mapping[str, bytes], folder: Path) -> dict[str, Finding]:
    """What veraPDF finds in each PDF, by its name; `folder` is one that they may be written to. One JVM for all."""
    files = {str(folder / f"{name}.pdf"): name for name in pdfs}
    for file, name in files.items():
        Path(file).write_bytes(pdfs[name])
    told = subprocess.run(
        ["java", *_JAVA, "-cp", f"{_JARS}/*", "org.mozilla.javascript.tools.shell.Main", "-version", "200",
         str(_SCRIPT), *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode != 0 or not told.stdout.startswith("{"):
        raise AssertionError(f"veraPDF did not run: {told.stderr or told.stdout}")
    read = json.loads(told.stdout)
    return {name: Finding(read[file]["checks"], tuple(read[file]["broken"])) for file, name in files.items()}
