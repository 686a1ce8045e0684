"""What every system says of its flow's flags and mapping table: the flow is found by the folder's configuration."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from job.folder import FolderError
from job.systems.system import Config


def complaints_of_flags(config: Config) -> Iterator[str]:
    """A sentence where the flow refuses its flags."""
    from etl.core.flags import ConfigError
    from etl.flows import load_config

    try:
        load_config(config)
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
