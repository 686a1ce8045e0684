"""What the inventory commands need of a job folder: its settings, its queue and the shop to write into."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from inventory.settings import InventorySettings
from inventory.shop import Shop
from inventory.tables import STORE_FILE, Store
from job.folder import FolderError, JobFolder, read_json_object
from job.inventory.settings import read_settings
from job.settings.check import check_config
from job.systems import system_of


def settings_of(folder: JobFolder) -> InventorySettings:
    """The folder's settings of the import. Raises FolderError when config.json is missing or bad."""
    if not folder.root.is_dir():
        raise FolderError(f"{folder.root}: there is no such folder; create it or name another job folder.")
    if not folder.config.is_file():
        raise FolderError(
            f"{folder.config}: this file is missing; it says which shop the figures are for. Copy it from "
            "configs/example/ and fill it in, or make the folder with 'optiply-sync init'."
        )
    if complaints := check_config(folder):
        raise FolderError("\n".join(complaints))
    return read_settings(read_json_object(folder.config))


def shop_of(folder: JobFolder) -> AbstractContextManager[Shop]:
    """The folder's shop, until the block ends. Raises FolderError where nobody knows how to write stock into it."""
    system = system_of(folder)
    if system.stock is None:
        raise FolderError(f"{folder.config}: stock cannot be written into {system.title}.")
    return system.stock.shop(read_json_object(folder.config))


def has_queue(folder: JobFolder) -> bool:
    """Whether figures were ever received or pushed here."""
    return (folder.snapshots / STORE_FILE).is_file()


@contextmanager
def queue_of(folder: JobFolder) -> Iterator[Store]:
    """The folder's queue, to be read. Raises FolderError where there is none yet."""
    if not has_queue(folder):
        raise FolderError(
            f"{folder.snapshots / STORE_FILE}: there is no queue yet; it is made by the first message "
            "('optiply-sync inventory receive') or file ('optiply-sync inventory push')."
        )
    with Store.open(folder.snapshots) as store:
        yield store
