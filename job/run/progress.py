"""Shows a run while it goes on: bars on a terminal, one plain line per step elsewhere."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from typing_extensions import Self, override

from connector.words import counted

TITLES = {
    "inventory": "write stock into the shop",
    "optiply": "read Optiply",
    "deleted": "ask what was deleted",
    "receipts": "work out receipts",
    "shop": "write to the shop",
    "purchases": "work out purchase orders",
    "account": "write to the account",
    "links": "tell Optiply their ids",
    "tap": "read the shop",
    "ask": "ask for missing products",
    "etl": "apply the rules",
    "target": "write to Optiply",
    "absorb": "record the answers",
}


def ending(exit_code: int) -> str:
    """An exit code in words; below 0 it is the number of the signal that ended the program."""
    return f"exit {exit_code}" if exit_code >= 0 else f"signal {-exit_code}"


class Display:
    """What the steps tell about themselves while they run; use as a context manager."""

    def __init__(self, console: Console) -> None:
        """Write to the given console."""
        self._console = console
        self._done: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing to close by itself."""

    def started(self, step: str) -> None:
        """A step began."""
        self._done[step] = 0

    def moved(self, step: str, done: int, total: int | None) -> None:
        """A step has handled `done` records, of `total` where that is known."""
        self._done[step] = done

    def ended(self, step: str, exit_code: int, seconds: float) -> None:
        """A step ended."""
        raise NotImplementedError


@contextmanager
def _unheard(console: Console) -> Iterator[None]:
    """Where progress goes the disk may be full, or a reader have ended: no reason to stop what is written elsewhere."""
    try:
        yield
    except (OSError, SystemExit):  # the latter is how rich says that a reader has ended
        console.quiet = True


class PlainLines(Display):
    """One line when a step ends; for logs and files."""

    @override
    def ended(self, step: str, exit_code: int, seconds: float) -> None:
        outcome = "done" if exit_code == 0 else f"FAILED ({ending(exit_code)})"
        count = f", {counted(self._done[step], 'record')}" if self._done.get(step) else ""
        with _unheard(self._console):
            self._console.print(f"{TITLES[step]}: {outcome}{count}, {seconds:.1f} s", highlight=False)


class JsonLines(Display):
    """One JSON object per line for each thing that happens, without colours or wrapping; for log collectors."""

    def say(self, event: str, **more: object) -> None:
        """Write one line: time (ISO UTC), event and what belongs to it."""
        if not self._console.quiet:
            now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
            line = json.dumps({"time": now, "event": event, **more}, ensure_ascii=False)
            with _unheard(self._console):
                self._console.file.write(line + "\n")
                self._console.file.flush()

    @override
    def started(self, step: str) -> None:
        super().started(step)
        self.say("step started", step=step)

    @override
    def ended(self, step: str, exit_code: int, seconds: float) -> None:
        self.say("step ended", step=step, exit_code=exit_code, records=self._done[step], seconds=round(seconds, 3))


class Bars(Display):
    """Live bars for a terminal."""

    def __init__(self, console: Console) -> None:
        """Draw on the given console."""
        super().__init__(console)
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<20}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    @override
    def __enter__(self) -> Self:
        """Start drawing."""
        self._progress.start()
        return self

    @override
    def __exit__(self, *_error: object) -> None:
        """Stop drawing and leave the last picture."""
        self._progress.stop()

    @override
    def started(self, step: str) -> None:
        """Add the step's bar."""
        self._tasks[step] = self._progress.add_task(TITLES[step], total=None, rate="")

    @override
    def moved(self, step: str, done: int, total: int | None) -> None:
        """Move the step's bar and show its rate."""
        task = self._progress.tasks[self._tasks[step]]
        rate = f"{done / task.elapsed:,.0f}/s" if done and task.elapsed else ""
        self._progress.update(self._tasks[step], completed=done, total=total, rate=rate)

    @override
    def ended(self, step: str, exit_code: int, seconds: float) -> None:
        """Fill the bar, or mark the step as failed."""
        task = self._tasks[step]
        done = self._progress.tasks[task].completed
        if exit_code:
            self._progress.update(task, description=f"[red]{TITLES[step]}")
            self._progress.stop_task(task)
        else:
            self._progress.update(task, completed=done or 1, total=done or 1)


def make_display(console: Console, log_format: str = "text") -> Display:
    """Bars where a person watches, lines elsewhere, JSON lines where they are asked for."""
    if log_format == "json":
        return JsonLines(console)
    return Bars(console) if console.is_terminal else PlainLines(console)
