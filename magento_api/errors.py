"""What an answer of the shop means, by answers.csv: from status to retry, fatal or isolate, with the remedy.

Messages of Magento are translated and keep their placeholders, so answers are judged by status and kind of body, never
by the message. Sources: Magento REST 2.4.x, and what hosts, firewalls and content networks put in front of it.
"""

from dataclasses import replace

from connector.http.table import Body, Fate, Meaning, Table, causes, read_table

MOST_UNSEEN_LOGINS = 3

TABLE: Table = read_table(__file__)


def _at_login(row: Meaning) -> Meaning:
    """A row as a login counts it: where no answer was seen it may have been a refusal, and accounts lock after six."""
    if row.fate is Fate.ISOLATE:
        return replace(row, fate=Fate.FATAL)
    is_unseen = row.body is Body.BROKEN or any(isinstance(cause, str) for cause in row.causes or ())
    return replace(row, tries=MOST_UNSEEN_LOGINS) if is_unseen else row


LOGIN_TABLE: Table = (
    Meaning(causes(400, 401), Fate.REFUSE, "the shop refuses the login", "check username and password"),
    *map(_at_login, TABLE),
)
