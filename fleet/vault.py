"""Encrypts what the database keeps of a tenant's configuration, with a key that only the environment knows."""

import json
import os
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from fleet.errors import FleetError

KEY_VARIABLE = "OPTIPLY_FLEET_KEY"
Files = Mapping[str, bytes]
"""The configuration files of a job folder: path in the folder → content."""


def new_key() -> str:
    """A fresh key."""
    return Fernet.generate_key().decode()


class Vault:
    """Seals files and opens them again."""

    def __init__(self, keys: str) -> None:
        """`keys`: one, or several with commas between them, of which the first one seals and each opens.

        Raises FleetError for what is no key.
        """
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError:
            raise FleetError(f"{KEY_VARIABLE} is not a key; `optiply-fleet key` prints one.") from None

    @classmethod
    def of_environment(cls) -> "Vault":
        """The vault whose keys the environment holds. Raises FleetError where it holds none."""
        keys = os.environ.get(KEY_VARIABLE, "")
        if not keys:
            raise FleetError(
                f"{KEY_VARIABLE} is not set: configurations are kept encrypted. `optiply-fleet key` prints a new key; "
                "keep it where the database's backups are not."
            )
        return cls(keys)

    def seal(self, files: Files) -> bytes:
        """The files, encrypted."""
        texts = {name: content.decode("latin-1") for name, content in files.items()}
        return self._fernet.encrypt(json.dumps(texts).encode())

    def open(self, sealed: bytes, tenant: str) -> dict[str, bytes]:
        """The files that were sealed. Raises FleetError where no key fits."""
        try:
            texts: dict[str, Any] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise _other_key(tenant) from None
        return {name: content.encode("latin-1") for name, content in texts.items()}

    def seal_anew(self, sealed: bytes, tenant: str) -> bytes:
        """What was sealed with any of the keys, sealed with the first. Raises FleetError where no key fits."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise _other_key(tenant) from None


def _other_key(tenant: str) -> FleetError:
    return FleetError(
        f"The configuration of {tenant} was encrypted with another key than those in {KEY_VARIABLE}; put the older key "
        "behind the newer one, with a comma between them."
    )
