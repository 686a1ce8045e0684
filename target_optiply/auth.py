"""Where the target keeps a token that was renewed, if it is asked to; how it signs in is in optiply_api/login.py."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

from connector.files import FileError, read_object, replace_file

logger = logging.getLogger("target-optiply")


def keep_token(config_file: Path) -> Callable[[str], None]:
    """A function that writes a renewed token into `config_file`, atomically and readable by its owner only."""

    def keep(token: str) -> None:
        try:
            config = read_object(config_file) | {"access_token": token}
            replace_file(config_file, json.dumps(config, indent=2).encode(), mode=0o600, durable=True)
        except (OSError, FileError) as error:
            logger.warning(
                "The renewed token could not be written to %s: %s. Make it writable, or leave out save_token.",
                config_file.name,
                error.strerror if isinstance(error, OSError) else error,
            )
        else:
            logger.info("The renewed token was written to %s, as asked.", config_file.name)

    return keep
