"""When house-keeping is due: at the last moment of its cron, whatever has become of the machine's clock since."""

from collections.abc import Iterable
from typing import Any

from procrastinate import App
from procrastinate.app import WorkerOptions
from procrastinate.periodic import PeriodicDeferrer, PeriodicTask
from procrastinate.worker import Worker
from typing_extensions import Unpack, override


class Calendar(PeriodicDeferrer):
    """The engine's own counts on from the last moment it has seen.

    After a clock was set back it would wait until that moment comes again, and after a long sleep of the machine
    make up for each one that was missed. House-keeping is wanted once, and now.
    """

    @override
    def get_timestamps(
        self, periodic_task: PeriodicTask[Any, Any, Any], since: int | None, until: float
    ) -> Iterable[int]:
        return [moment for moment in super().get_timestamps(periodic_task, None, until) if moment != since]


class Engine(App):
    """The engine, whose workers keep house by the calendar above."""

    @override
    def _worker(self, **kwargs: Unpack[WorkerOptions]) -> Worker:
        return _Worker(app=self, **kwargs)


class _Worker(Worker):
    @override
    async def _periodic_deferrer(self) -> None:
        await Calendar(self.app.periodic_registry).worker()
