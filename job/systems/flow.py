"""What every system says of its flow's flags and mapping table: the flow is found by the folder's configuration."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from job.folder import FolderError
from job.systems.system import Config

if TYPE_CHECKING:
    from etl.core.flags import Flags


def complaints_of_flags(config: Config, kind: type["Flags"]) -> Iterator[str]:
    """A sentence where these flags refuse the configuration. Without the flow itself, which brings pandas."""
    from etl.core.flags import ConfigError, load_flags

    try:
        load_flags(kind, config)
    except ConfigError as error:
        yield f"{str(error).removeprefix('config: ')}."


@contextmanager
def told_by_the_folder() -> Iterator[None]:
    """Flags and tables that cannot be used are a fault of the folder."""
    from etl.core.flags import ConfigError
    from etl.flows import EtlError

    try:
        yield
    except (ConfigError, EtlError) as error:
        raise FolderError(str(error)) from error


def field_map(config: Config, root: Path) -> object:
    """Reads the folder's mapping table."""
    from etl.flows import prepare

    with told_by_the_folder():
        return prepare(config, root).field_map
