"""The systems that a job folder can be for: nothing else in job/ imports a system's packages.

What a declaration calls is imported when it is called: a tap, a flow or a target takes a second to load, for which no
command waits that does not need it.
"""

from connector.settings import did_you_mean, shown
from job.folder import FolderError, JobFolder, read_json_object
from job.systems.easyecom import EASYECOM
from job.systems.magento import MAGENTO
from job.systems.picqer import PICQER
from job.systems.system import System

DEFAULT: System = MAGENTO
"""The system of a folder that names none."""

SYSTEMS = {system.name: system for system in (MAGENTO, PICQER, EASYECOM)}


def system_of(folder: JobFolder) -> System:
    """The system that a folder's config.json names; without a name, or without that file, it is Magento.

    Raises FolderError for an unknown one, with the nearest name, and for a file that is not a JSON object.
    """
    name = read_json_object(folder.config).get("system", DEFAULT.name) if folder.config.is_file() else DEFAULT.name
    if isinstance(name, str) and name in SYSTEMS:
        return SYSTEMS[name]
    hint = did_you_mean(str(name), SYSTEMS) or f"the known ones are {', '.join(SYSTEMS)}."
    raise FolderError(f"{folder.config}: 'system' is {shown(name)}, which is not a system known here; {hint}")
