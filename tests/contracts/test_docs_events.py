"""The example on the page about events runs."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "events.md"


def test_the_example_runs() -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

    assert len(examples) == 1
    exec(compile(examples[0], str(PAGE), "exec"), {})
