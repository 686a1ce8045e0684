"""One request with patience: signed, paced, sent, judged by the system's table, repeated, counted."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

import requests

from connector.addresses import Way
from connector.errors import AccessDenied, RunError, Stopped, StreamError, Unreadable
from connector.http.answers import NO_ANSWER, Answer, Ending, Failure, no_answer
from connector.http.clock import ServerClock, retry_after
from connector.http.limits import RowLimits
from connector.http.pool import Pool
from connector.http.request import Counting, Course, Patience, Request
from connector.http.table import Fate, Meaning, Table, judge
from connector.http.tokens import Signer
from connector.http.transport import Transport
from connector.http.waits import waits

FEWEST_ROWS = 10


class HttpClient:
    """A system's address with everything a request needs; used from several threads at once.

    A system declares its table of answers, its name, the setting that holds its address and its log, and reads answers.
    """

    table: ClassVar[Table]
    name: ClassVar[str]
    setting: ClassVar[str]
    log: ClassVar[logging.Logger]
    log_level: ClassVar[int] = logging.INFO
    doing: ClassVar[str] = "Retrying"
    limit_per_path: ClassVar[bool] = False

    def __init__(
        self,
        base: str,
        way: Way,
        signer: Signer | None,
        pool: Pool,
        counts: Counting,
        patience: Patience,
        headers: Mapping[str, str],
        clock: ServerClock | None = None,
    ) -> None:
        """`base` is the address that paths are put behind; `clock` hears each answer."""
        self.base = base
        self.way = way
        self.signer = signer or Signer()
        self.pool = pool
        self.counts = counts
        self.patience = patience
        self.clock = clock
        self.limits = RowLimits(self.name, self.log, per_path=self.limit_per_path)
        self.dead: RunError | None = None
        self._transport = Transport(headers, way, patience.answer)

    # What a system says

    def url(self, path: str, _scope: str | None = None) -> str:
        """The whole address of a path, in a scope or in the run's own."""
        return f"{self.base}{path}"

    def read(self, request: Request, response: requests.Response) -> Answer | Failure:
        """An answer, or what else came."""
        raise NotImplementedError

    def signer_of(self, _request: Request) -> Signer:
        """What signs a request, where a scope has credentials of its own."""
        return self.signer

    def unanswered(self, failure: Failure) -> Failure:
        """A failure without an answer in the words of the system's table."""
        return failure

    def page_limit(self, _failure: Failure) -> int | None:
        """The largest page that the server allows, from its refusal."""
        return None

    def missing_right(self, failure: Failure) -> str:
        """The right that the server missed, from its refusal."""
        return f"(not named; the answer says: {failure.text})"

    def check_trouble(self, failure: Failure, meaning: Meaning) -> None:
        """Ends the run where the trouble has lasted too long; does nothing by itself."""

    # One request

    def get(self, request: Request, *, tries: int | None = None, isolating: bool = False) -> Answer:
        """Asks until there is an answer, as long as the patience lasts; `tries` lowers the number of attempts further.

        `isolating`: the caller can ask for less, so that damaged answers are soon taken for the fault of a record.

        Raises:
            Unreadable: the address keeps failing (500), keeps damaging its answer, or names nothing (404).
            AccessDenied: 401, also with a new token.
            StreamError: retries are used up, or the request is wrong.
            RunError: the address of the system itself is wrong.
        """
        ending = self.send(request, tries=tries, isolating=isolating)
        if isinstance(ending, Answer):
            return ending
        raise self.error_of(request, ending, isolating=isolating)

    def error_of(self, request: Request, ending: Ending, *, isolating: bool = False) -> Exception:
        """What `get` raises for a request that came to this."""
        row = ending.meaning
        if isolating and row.spoilt_after is not None:
            return Unreadable(200, row.says)
        return _ERRORS.get(row.fate, HttpClient._fails)(self, request, ending)

    def send(self, request: Request, *, tries: int | None = None, isolating: bool = False) -> Answer | Ending:
        """The answer to a request, or what it came to after all attempts.

        Raises:
            Stopped: the run is to stop; nothing is under way then.
            RunError: the run cannot go on, as an earlier request found out or the signer says.
        """
        course = Course(request, waits(self.patience.first_wait), request.size, tries, isolating, self.pool.pace.now())
        while True:
            if self.dead:
                raise self.dead
            course.size = min(course.size, self.limits.of(request.path) or course.size)
            course.attempts += 1
            query = request.query(course.size)
            outcome = self._send(self.url(request.path, request.scope) + (f"?{query}" if query else ""), course)
            if isinstance(outcome, Answer):
                self.pool.pace.recovered()
                return replace(outcome, asked=course.size)
            row = judge(self.table, request.method, outcome.cause, outcome.body, outcome.text)
            self._note(course, row, outcome)
            go_on = _NEXT.get(row.fate)
            if go_on is None or not go_on(self, course, row, outcome):
                return Ending(outcome, row, course.attempts)

    def _send(self, url: str, course: Course) -> Answer | Failure:
        """One attempt."""
        pace = self.pool.pace
        course.entered = pace.enter(self.pool.stopping)
        seconds: float | None = None
        try:
            self.counts.count_request()
            prepared = self.signer_of(course.request)(self._transport.prepared(course.request, url))
            course.authorization = prepared.headers.get("Authorization")
            began = time.monotonic()
            response = self._transport.send(prepared)
            seconds = time.monotonic() - began
            if self.clock:
                self.clock.observe(response.headers)
            return self.read(course.request, response)
        except NO_ANSWER as error:
            return self.unanswered(no_answer(error, url, self.way, self.setting))
        finally:
            pace.leave(seconds)

    def close(self) -> None:
        """Closes every connection."""
        self._transport.close()

    # What follows a failure

    def _note(self, course: Course, row: Meaning, failure: Failure) -> None:
        """Counts what limits the attempts, an outage for all requests together, and lets everybody slow down in it."""
        pace, now = self.pool.pace, self.pool.pace.now()
        course.limited += course.limit(row) is not None
        if not row.slow:
            pace.recovered()
        course.left = self.patience.request - max(now - course.began, pace.troubled_for())
        if not row.slow:
            return
        # A request that is repeated tells of trouble since it was asked for the first time: where nothing good came
        # beside it, its patience and the run's are over together, and it never ends as one bad record.
        pace.troubled(course.began if row.fate is Fate.AGAIN else now)
        if ((rest := retry_after(failure.headers)) or 0.0) <= course.left:
            pace.slow_down(course.entered, rest)
        self.check_trouble(failure, row)

    def _repeat(self, course: Course, row: Meaning, failure: Failure) -> bool:
        """Waits for the next attempt; False where there is none."""
        limit, rest, left = course.limit(row), retry_after(failure.headers), course.left
        is_last = course.most is not None and course.attempts >= course.most
        if is_last or (limit is not None and course.limited >= limit) or left <= 0 or (rest or 0.0) > left:
            return False
        wait = min(next(course.waits) if rest is None else rest, left)
        self.counts.count_retry(failure.cause)
        says = failure.reason.says if failure.reason else row.says
        self.log.log(self.log_level, "%s in %.1f s after %s: %s.", self.doing, wait, failure.cause, says)
        if self.pool.stopping.wait(wait):
            raise Stopped
        course.is_refused = False
        if row.smaller and course.request.shrinkable and course.size > FEWEST_ROWS:
            course.size = max(FEWEST_ROWS, course.size // 2)
        return True

    def _renew(self, course: Course, _row: Meaning, _failure: Failure) -> bool:
        """Gets a new token; False where there is none to get."""
        return self.signer_of(course.request).renew(course.authorization)

    def _renew_once(self, course: Course, row: Meaning, failure: Failure) -> bool:
        """Gets a new token; False where the last one was just got, too."""
        if course.is_refused or not self._renew(course, row, failure):
            return False
        course.is_refused = True
        self.counts.count_retry(failure.cause)
        return True

    def _shrink(self, course: Course, _row: Meaning, failure: Failure) -> bool:
        """Learns the largest page; False where that is no less than what was asked for."""
        return self.limits.learn(course.request.path, self.page_limit(failure), course.size)

    # What an ending means to a reader

    def _fails(self, request: Request, ending: Ending) -> Exception:
        return StreamError(self._sentence(request, ending))

    def _stops(self, request: Request, ending: Ending) -> Exception:
        self.dead = RunError(self._sentence(request, ending))
        return self.dead

    def _is_denied(self, _request: Request, ending: Ending) -> Exception:
        return AccessDenied(self.missing_right(ending.failure))

    def _is_bad(self, request: Request, ending: Ending) -> Exception:
        failure = ending.failure
        if isinstance(failure.cause, int):
            return Unreadable(failure.cause, failure.text or ending.meaning.says)
        return self._fails(request, ending)

    def _sentence(self, request: Request, ending: Ending) -> str:
        return f"{request.method} {request.path}: {ending.explained()}"


_NEXT: Mapping[Fate, Callable[[HttpClient, Course, Meaning, Failure], bool]] = {
    Fate.AGAIN: HttpClient._repeat,
    Fate.ISOLATE: HttpClient._repeat,
    Fate.ACCESS: HttpClient._renew,
    Fate.RENEW: HttpClient._renew_once,
    Fate.SHRINK: HttpClient._shrink,
}
_ERRORS: Mapping[Fate, Callable[[HttpClient, Request, Ending], Exception]] = {
    Fate.ACCESS: HttpClient._is_denied,
    Fate.RENEW: HttpClient._is_denied,
    Fate.ISOLATE: HttpClient._is_bad,
    Fate.STOP: HttpClient._stops,
}
