"""The shop's REST address for whoever writes to it: the same, with the table of what answers to a write mean."""

from magento_api.api import Api
from target_magento.errors import TABLE


class WritingApi(Api):
    """Judges answers to writes, too."""

    table = TABLE
