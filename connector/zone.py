"""Local times and UTC: a system that writes the time of its zone without an offset.

In the hour that comes twice in autumn a text means two moments: the earlier one is taken, unless the record says that
it was created later than that. A text in the hour that spring leaves out means the moment an hour later.
"""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.addresses import SettingError

_TEXT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
_HOUR = timedelta(hours=1)


def utc_text(value: object, zone: tzinfo) -> str:
    """A local time of a zone as `YYYY-MM-DDTHH:MM:SSZ`; the empty text where it is none."""
    try:
        local = datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return ""
    return local.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Zone:
    """The zone of one account."""

    def __init__(self, name: str) -> None:
        """Raises SettingError where there is no such zone."""
        try:
            self.info = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingError(
                f"time_zone '{name}' is not the name of a time zone: write it like Europe/Amsterdam"
            ) from error

    def moment(self, text: str, *, after: datetime | None = None) -> datetime | None:
        """The moment of a local time, aware, UTC; None for a text that is none. It is not before `after`, if it can."""
        if not _TEXT.fullmatch(text):
            return None
        try:
            local = datetime.fromisoformat(text).replace(tzinfo=self.info)
            first = local.astimezone(timezone.utc)
            second = local.replace(fold=1).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            return None
        return second if after is not None and first < after <= second else first

    def since(self, moment: str) -> str:
        """The local time (as a filter takes it) after which nothing is older than a naive UTC text.

        A second less, since whether "after" means that very second is not known; and an hour less where the clock is
        about to be put back, since later moments have earlier texts then.
        """
        start = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc) - timedelta(seconds=1)
        local = start.astimezone(self.info)
        comes_again = (start + _HOUR).astimezone(self.info).replace(tzinfo=None) == local.replace(tzinfo=None)
        return (local.replace(tzinfo=None) - (_HOUR if comes_again else timedelta())).isoformat(" ")
