"""An event loop whose time jumps: it waits for threads, and skips what would only pass."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Skipping(selectors.DefaultSelector):
    """Waits for events without end where a thread is at work, and not at all where only a timer would end it."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0
        self.threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.threads:
            return super().select(None)
        self.skipped += timeout
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """A loop of manual time; what goes wrong in it is kept in `complaints`."""

    def __init__(self) -> None:
        self.skipping = Skipping()
        super().__init__(self.skipping)
        self.complaints: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.complaints.append(context))

    def time(self) -> float:
        return super().time() + self.skipping.skipped

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self.skipping.threads += 1
        future.add_done_callback(self._came_back)
        return future

    def _came_back(self, _: Any) -> None:
        self.skipping.threads -= 1


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in manual time; nothing may be left over, and nobody may complain."""
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SkippingLoop)
        try:
            return runner.run(work)
        finally:
            assert not asyncio.all_tasks(loop)
            assert not loop.complaints
