"""What each answer of Optiply means to a request that writes or looks up, by answers.csv."""

from connector.http.answers import CUT, UNSENT
from connector.http.table import Table, read_table

UNREADABLE = "unreadable"  # 2xx whose body is not the promised JSON (a firewall's page, say)
_IN_WORDS = {
    CUT: "the connection ended without an answer",
    UNSENT: "no connection was made",
    UNREADABLE: "the answer is not one that Optiply's API promises",
}


def in_words(status: int | str) -> str:
    """How a request ended, for people."""
    return _IN_WORDS.get(str(status), f"status {status}")


TABLE: Table = read_table(__file__)
