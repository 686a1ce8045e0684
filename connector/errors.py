"""The exceptions that end a program, a stream or a request: one sentence on what happened and what helps."""


class ProgramError(Exception):
    """One sentence for a person: what happened and what to do about it. Exit code 1."""


class RunError(ProgramError):
    """Nothing can be read or written at all: the run stops."""


class LoginRefused(RunError):
    """The other side does not accept the credentials or the token."""


class Outage(RunError):
    """The other side has given no good answer for so long that going on makes no sense."""


class InputError(ProgramError):
    """What another program handed over cannot be read."""


class StreamError(ProgramError):
    """One stream cannot be read; the others go on, and the run ends with exit code 1."""


class EndpointMissing(StreamError):
    """The other side does not have this endpoint: a module is absent or switched off."""


class Spent(StreamError):
    """No request may leave any more today: what is left is read another day. The words are the middle of a sentence."""


class Unreadable(StreamError):
    """One address keeps failing while others work: a bad record, to be isolated."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class AccessDenied(StreamError):
    """The answer was 401: wrong credentials or a missing right; only other endpoints can tell which."""

    def __init__(self, right: str) -> None:
        super().__init__(f"401, asked for the right {right}")
        self.right = right
        self.remedy = f"the right {right} is missing: give it to the integration or to the user's role"


class Stopped(Exception):
    """A signal asked the run to end; not an error."""
