"""How a question is written in Picqer's words: filters by name, and how many rows come before the page."""

from urllib.parse import urlencode

from connector.lists.question import Ask

ROWS_A_PAGE = 100


def query(ask: Ask) -> str:
    """The query string of a question; its filters are Picqer's own parameters, moments in the account's zone."""
    told: dict[str, str | int] = {each.field: each.value for each in ask.where}
    if ask.paged and ask.offset:
        told["offset"] = ask.offset
    return urlencode(told)
