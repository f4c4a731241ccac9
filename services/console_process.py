"""`python -m services.console_process`: the console's pages, until SIGTERM or SIGINT.

The console knows no other service; retrying a dead record takes the projections of all of them. They are given to it
here, above both.
"""

from __future__ import annotations

import sys

from services.console.pages import serve
from services.prepare import specs

if __name__ == "__main__":
    sys.exit(serve(tuple(specs())))
