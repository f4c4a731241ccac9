"""An emulator as a process: `--port N [--seed FILE]`, listens until Ctrl-C, and says where."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, ValidationError

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class Emulator(Generic[S]):
    """What is served. `otherwise` gives the seed where no file is named; `path` is what the address ends with."""

    module: str
    name: str
    seeds: str
    seed: type[S]
    otherwise: Callable[[], S]
    application: Callable[[S], FastAPI]
    path: str = ""


def serve(emulator: Emulator[S], arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when it was asked to end, 1 with one sentence for a wrong seed or a port that is taken."""
    parser = argparse.ArgumentParser(f"python -m {emulator.module}", description=f"{emulator.name}, emulated")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, required=True, help="0: any that is free")
    parser.add_argument("--seed", type=Path, help=f"a JSON file: {emulator.seeds}")
    given = parser.parse_args(arguments)
    try:
        seed = (
            emulator.otherwise() if given.seed is None else emulator.seed.model_validate_json(given.seed.read_bytes())
        )
    except OSError as error:
        return _refuse(f"{given.seed}: cannot be read ({error.strerror})")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        return _refuse(f"{given.seed}: {where}: {first['msg']}")
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((given.host, given.port))
        # Who reads the address may come at once: until uvicorn takes them they wait.
        listening.listen()
    except OSError as error:
        return _refuse(f"cannot listen on {given.host}:{given.port} ({error.strerror})")
    address = f"http://{given.host}:{listening.getsockname()[1]}{emulator.path}"
    print(f"{emulator.name}, emulated: {address}", flush=True)
    # Uvicorn hands Ctrl-C on when it has stopped.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(emulator.application(seed), log_level="warning")).run(sockets=[listening])
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
