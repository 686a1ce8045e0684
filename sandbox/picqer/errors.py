"""Picqer's error bodies: `error`, `error_code` and `error_message`, with the HTTP status that goes with each code."""

from typing import Any

FAULT = 1
MISSING = 5
NOT_FOUND = 20
WRONG_STATUS = 21
NO_JSON = 22
NO_SUCH_PRODUCT = 24
LINE_NOT_FOUND = 27
RATE_LIMIT = 28
NOT_FOR_KEY = 31
PROCESSED_LINE = 33

_STATUS = {NOT_FOUND: 404, NO_SUCH_PRODUCT: 404, LINE_NOT_FOUND: 404, RATE_LIMIT: 429, NOT_FOR_KEY: 403}


class PicqerError(Exception):
    """A refusal: `code` is Picqer's, None where Picqer gives none (a wrong key); `status` is the HTTP status."""

    def __init__(self, code: int | None, message: str, status: int | None = None) -> None:
        """Word a refusal; without a status it follows from the code (400 unless the code has another)."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status if status is not None else _STATUS.get(code or 0, 400)

    def body(self) -> dict[str, Any]:
        """Return the body as Picqer sends it."""
        return {"error": True, "error_code": self.code, "error_message": self.message}


def not_found(what: str) -> PicqerError:
    """Return the refusal of an id that names nothing."""
    return PicqerError(NOT_FOUND, f"{what} not found")
