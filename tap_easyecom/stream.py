"""What the account's streams have in common: lists of each location, records in their schema's form."""

from collections.abc import Sequence
from functools import cached_property

from typing_extensions import override

from connector.http.pool import Json
from connector.singer.form import Form
from connector.singer.scoped import ScopedDocuments, ScopedStream
from connector.singer.stream import PagedStream
from tap_easyecom.account import INDIA, KEPT_ASIDE, Account


def form_of(stream: PagedStream) -> Form:
    """The form of a stream's records."""
    return Form(stream.schema, INDIA, nothing=KEPT_ASIDE)


class AccountStream(ScopedStream):
    """Rows of the account; a location is a scope."""

    source: Account
    rows_a_page = 200
    scope_field = "location_key"

    @property
    @override
    def scopes(self) -> Sequence[str]:
        return self.source.access.locations

    @cached_property
    @override
    def form(self) -> Form:
        return form_of(self)

    @override
    def following(self, answer: Json) -> str | None:
        return self.source.following(answer)


class DocumentStream(ScopedDocuments, AccountStream):
    """Documents of each location."""

    zone = INDIA
    changed_since = "updated_after"
    placed_since = "created_after"
