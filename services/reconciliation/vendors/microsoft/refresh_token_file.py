"""The newest refresh token, kept in a file of its owner alone and replaced whole: each use of one gives the next."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pydantic import SecretStr

from services.reconciliation.vendors.connector import Misconfigured


class RefreshTokenFile:
    """`first` is used as long as the file is not there or is empty."""

    def __init__(self, path: Path, first: SecretStr | None = None) -> None:
        self._path, self._first = path, first

    def __str__(self) -> str:
        return str(self._path)

    def newest(self) -> SecretStr:
        """The token to use next, read anew, as another process may have put it there. Raises Misconfigured."""
        try:
            found = self._path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            found = ""
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(
                f"the refresh token cannot be read from {self._path} ({type(error).__name__}): mend the file"
            ) from None
        if found:
            return SecretStr(found)
        if self._first is None:
            raise Misconfigured(f"{self._path} holds no refresh token: consent once with MFA and put it there")
        return self._first

    def check(self) -> None:
        """Raise Misconfigured if a new token could not be kept: found out before one is asked for."""
        if not os.access(self._path.parent, os.W_OK | os.X_OK):
            raise Misconfigured(
                f"no new refresh token could be kept: the folder of {self._path} is not there or cannot be written to"
            )

    def keep(self, token: SecretStr) -> None:
        """Replace it, readable by its owner alone; a reader finds the old one or the new one, also after a crash.

        Raises Misconfigured when it cannot be written: unnoticed, all access would end after the old one's 90 days.
        """
        temporary = None
        try:
            handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(token.get_secret_value() + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except OSError as error:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)
            raise Misconfigured(
                f"the new refresh token cannot be written to {self._path} ({error.strerror}): make room or give access"
            ) from None
