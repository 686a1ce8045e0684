"""An aiohttp application at a free port, in a thread: the receiver of stock messages for tests and campaigns."""

import asyncio
import threading

from aiohttp import web


class Serving:
    """One application; it is started once and stopped once."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    def start(self, app: web.Application) -> str:
        """Serve it; returns its address."""
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._listen(self._runner), self._loop).result(30)

    async def _listen(self, runner: web.AppRunner) -> str:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    def stop(self) -> None:
        """Stop it; nothing is left running."""
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(30)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(30)
        self._loop.close()
