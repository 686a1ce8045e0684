"""The errors of the inventory import; each message is one sentence for a person, with the remedy."""

from connector.errors import ProgramError


class InventoryError(Exception):
    """The import cannot go on: a file, a setting or the queue is at fault."""


class QueueBusy(InventoryError):
    """Another program has held the queue for too long."""


class MessageRefused(InventoryError):
    """A message as a whole cannot be taken; its rows are not judged.

    Attributes:
        unreadable: its bytes are at fault (not JSON, not XML), and not what they say.
        message_id: its number, where it could be read.
    """

    def __init__(self, reason: str, *, unreadable: bool = False, message_id: int | None = None) -> None:
        """`reason` is a sentence without a full stop."""
        super().__init__(reason)
        self.unreadable = unreadable
        self.message_id = message_id


class ShopTrouble(ProgramError):
    """A shop could not be asked or told something now; the message is one sentence. Whatever was to be done waits."""
