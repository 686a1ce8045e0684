"""Errors of Optiply's API as one exception: raised anywhere behind the handlers, answered as a JSON:API document."""

from typing import Any

TITLES = {
    400: "BAD_REQUEST",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL_SERVER_ERROR",
}


class ApiError(Exception):
    """A request the API refuses, with one or more messages as they appear in `errors[].meta.message`."""

    def __init__(self, status: int, *messages: str) -> None:
        """Keep the HTTP status and the messages."""
        super().__init__(status, *messages)
        self.status = status
        self.messages = messages

    def document(self) -> dict[str, Any]:
        """Return the body of the answer."""
        title = TITLES.get(self.status, "ERROR")
        return {
            "errors": [
                {"status": str(self.status), "title": title, "detail": message, "meta": {"message": message}}
                for message in self.messages
            ]
        }


def not_found(type_: str, id_: object) -> ApiError:
    """Return the error for an object that does not exist, whether asked for or referred to."""
    return ApiError(404, f"{type_} with id {id_} was not found")
