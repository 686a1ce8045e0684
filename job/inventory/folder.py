"""What the inventory commands need of a job folder: its settings, its queue and the shop to write into."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from inventory.engines import NAME
from inventory.settings import InventorySettings
from inventory.shop import Shop
from inventory.tables import Store
from job.folder import FolderError, JobFolder, read_json_object
from job.inventory.settings import read_settings
from job.settings.check import check_config
from job.systems import system_of
from store.place import Place
from store.snapshot import is_stored


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


def queue_place(folder: JobFolder) -> Place:
    """Where the folder's queue is: beside its stores. One that was left in a file when they moved is used up there.

    Raises FolderError where there is one in either place: nobody may read one of them for the other.
    """
    files, place = Place(folder.snapshots), folder.store
    if place.url is None or not files.file(NAME).is_file():
        return place
    if is_stored(place, NAME):
        raise FolderError(
            f"{files.file(NAME)}: there is a queue in this file and one in the database ({place.title(NAME)}); "
            "move the file away and have sent again what came since the stores were moved."
        )
    return files


def has_queue(folder: JobFolder) -> bool:
    """Whether figures were ever received or pushed here."""
    return is_stored(queue_place(folder), NAME)


@contextmanager
def queue_of(folder: JobFolder) -> Iterator[Store]:
    """The folder's queue, to be read. Raises FolderError where there is none yet."""
    place = queue_place(folder)
    if not is_stored(place, NAME):
        raise FolderError(
            f"{place.title(NAME)}: there is no queue yet; it is made by the first message "
            "('optiply-sync inventory receive') or file ('optiply-sync inventory push')."
        )
    with Store.open(place) as store:
        yield store
