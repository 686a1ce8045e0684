"""EasyEcom's refusals: most are HTTP 200 with the real status in the body, a few have a status of their own."""

from typing import Any

INVALID_TOKEN = "Invalid Api token."


class EasyError(Exception):
    """A refusal: `code` is the body's, `http` the status of the answer, `under` the name by which the body has it."""

    def __init__(self, code: int, message: object, http: int = 200, under: str = "code") -> None:
        """Word a refusal; without an HTTP status the answer looks like success."""
        super().__init__(str(message))
        self.code, self.message, self.http, self.under = code, message, http, under

    def body(self) -> dict[str, Any]:
        """Return the body as EasyEcom sends it."""
        return {self.under: self.code, "message": self.message, "data": []}


class CrashError(Exception):
    """The server broke down over a request: an HTML page with status 500."""
