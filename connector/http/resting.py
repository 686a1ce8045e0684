"""A client whose table tells what was sent from what was not, and that ends the run where too long a rest is asked."""

from typing_extensions import override

from connector.errors import Outage
from connector.http.answers import Failure, without_answer
from connector.http.client import HttpClient
from connector.http.clock import retry_after
from connector.http.table import Meaning


class RestingClient(HttpClient):
    """What requests for resources and for tokens have in common."""

    @override
    def unanswered(self, failure: Failure) -> Failure:
        return without_answer(failure)

    @override
    def check_trouble(self, failure: Failure, _meaning: Meaning) -> None:
        """Raises Outage where more rest is asked for than our patience."""
        rest = retry_after(failure.headers) or 0.0
        if rest > self.patience.request:
            raise Outage(f"{self.name} asks for {rest:.0f} seconds of rest; run again after that.")
