"""What each answer of Optiply means: to a request for a resource (answers.csv), and to one for a token."""

from __future__ import annotations

from connector.http.table import Fate, Meaning, Table, causes, read_table

# Ways a request can end without a usable status.
CUT = "cut"  # sent, but no answer came: connection cut or timeout
UNSENT = "unsent"  # no connection was made, so nothing can have happened
UNREADABLE = "unreadable"  # 2xx whose body is not the promised JSON (a firewall's page, say)
LASTING = "unreachable"  # asking again changes nothing: a wrong address, proxy or certificate
_IN_WORDS = {
    CUT: "the connection ended without an answer",
    UNSENT: "no connection was made",
    UNREADABLE: "the answer is not one that Optiply's API promises",
}
LOGIN_TRIES = 6


def in_words(status: int | str) -> str:
    """How a request ended, for people."""
    return _IN_WORDS.get(str(status), f"status {status}")


TABLE: Table = read_table(__file__)
LOGIN_TABLE: Table = (
    Meaning(causes(LASTING), Fate.STOP, "The address, the proxy or the certificate is wrong; a person must act."),
    Meaning(causes(range(200, 300)), Fate.AGAIN, "An answer without a token.", tries=LOGIN_TRIES),
    Meaning(
        causes(UNSENT, CUT, 408, 429, range(500, 600)), Fate.AGAIN, "Trouble passes.", tries=LOGIN_TRIES, slow=True
    ),
    Meaning(None, Fate.REFUSE, "The login is refused."),
)
