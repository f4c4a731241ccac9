"""Run it: `python -m deploy.emulators.graph --port N [--seed FILE]`, until it is ended; it says where it listens."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

import uvicorn
from pydantic import ValidationError

from deploy.emulators.graph.app import create_app
from deploy.emulators.graph.seed import Seed


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when it was asked to end, 1 with one sentence for a wrong seed or a port that is taken."""
    parser = argparse.ArgumentParser(
        "python -m deploy.emulators.graph", description="Graph's billing exports, emulated"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, required=True, help="0: any that is free")
    parser.add_argument("--seed", type=Path, help="a JSON file: invoices and their rows; without it none are there")
    given = parser.parse_args(arguments)
    try:
        seed = Seed() if given.seed is None else Seed.model_validate_json(given.seed.read_bytes())
    except OSError as error:
        return _refuse(f"{given.seed}: cannot be read ({error.strerror})")
    except ValidationError as error:
        first = error.errors()[0]
        return _refuse(f"{given.seed}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}")
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((given.host, given.port))
        # Who reads the address may come at once: until uvicorn takes them they wait.
        listening.listen()
    except OSError as error:
        return _refuse(f"cannot listen on {given.host}:{given.port} ({error.strerror})")
    print(f"Microsoft Graph, emulated: http://{given.host}:{listening.getsockname()[1]}/v1.0", flush=True)
    uvicorn.Server(uvicorn.Config(create_app(seed), log_level="warning")).run(sockets=[listening])
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
