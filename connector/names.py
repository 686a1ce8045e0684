"""The product's own fixed names, which environments, folders and people know: they stay as they are."""

PACKAGE = "magento-optiply"
"""What is installed."""
COMMAND = "optiply-sync"
"""The program that people call."""
LOCK_FD_VARIABLE = "OPTIPLY_SYNC_LOCK_FD"
"""Environment variable that tells a child which open file is its parent's lock."""
LOCK_HOLDER_VARIABLE = "OPTIPLY_SYNC_LOCK_HOLDER"
"""Environment variable that tells a child which connection to the database holds its parent's lock."""
LEASH_VARIABLE = "OPTIPLY_SYNC_PARENT"
"""Environment variable with the process id of whoever started the job, which then ends when that one dies."""
ALLOW_DISABLE = "OPTIPLY_SYNC_ALLOW_DISABLE"
"""Environment variable with a number of records that this run may disable as gone."""
DESTINATION = "optiply"
"""The destination whose store is meant where none is named."""
_TITLES = {DESTINATION: "Optiply"}


def title_of(destination: str) -> str:
    """A destination as people write it."""
    return _TITLES.get(destination, destination.capitalize())
