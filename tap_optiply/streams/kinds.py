"""What Optiply's lists have in common: the id, the time of change, whose they are, how one is asked for again."""

from typing import ClassVar

from typing_extensions import override

from connector.lists.question import Where
from connector.singer.changes import ChangesStream
from tap_optiply.account import Account
from tap_optiply.again import AskedSingly


class OptiplyStream(ChangesStream):
    """A resource, read by what changed. `of_account`: its records show their account, so that it can be asked for."""

    keys = ("id",)
    cursor: ClassVar[str] = "id"
    key = "id"
    changes: ClassVar[str] = "updatedAt"
    always_selected = True
    of_account: ClassVar[bool] = False
    source: Account

    @override
    def limits(self) -> list[Where]:
        return [self.source.of_account] if self.of_account else []

    @override
    def asked_again(self) -> AskedSingly:
        assert self.key is not None
        return AskedSingly(self.source, self.path, self.key, self.isolate)


class MasterData(OptiplyStream):
    """What exists rather than happens: `start_date` does not limit it."""

    document = False
