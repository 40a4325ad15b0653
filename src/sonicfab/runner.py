"""The same task on many switches at once: threads, results in order, an interrupt that loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from sonicfab.errors import SonicfabError

WORKERS = 32
"""The switches' side of an SSH login is the limit; more threads than this made nothing faster."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """What a task returned, or the expected error that it ended with."""

    value: Result | None = None
    error: SonicfabError | None = None


def run_all(
    items: Iterable[Item],
    task: Callable[[Item, threading.Event], Result],
    done: Callable[[Item, Outcome[Result]], None] = lambda _item, _outcome: None,
    workers: int = WORKERS,
) -> list[Outcome[Result]]:
    """Run `task(item, stop)` for every item; outcomes in the order of the items.

    On an interrupt (Ctrl-C) `stop` is set, tasks that have not begun never do, and those that run are waited for:
    each decides by `stop` where it may end. `done` is told of each outcome as it comes, one at a time.

    Raises:
        KeyboardInterrupt: after the running tasks have ended.
    """
    stop, lock = threading.Event(), threading.Lock()

    def one(item: Item) -> Outcome[Result]:
        try:
            outcome = Outcome(value=task(item, stop))
        except SonicfabError as err:
            outcome = Outcome(error=err)
        with lock:
            done(item, outcome)
        return outcome

    with ThreadPoolExecutor(workers) as pool:
        futures: list[Future[Outcome[Result]]] = [pool.submit(one, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
