"""Dask distributed on 127.0.0.1 for tests: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from patience import slowness

_DASK = (sys.executable, "-m", "dask")
_NO_DASHBOARD = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
"""There is a web server all the same, which would listen at all addresses."""


class Cluster:
    """A scheduler, and its workers by name."""

    def __init__(self, folder: Path, environment: Mapping[str, str], options: Sequence[str] = ()) -> None:
        self.folder, self.options = folder, tuple(options)
        self._environment = {**os.environ, **environment}
        self._file = folder / "scheduler.json"
        self._stack = ExitStack()
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._begun: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return str(json.loads(self._file.read_text())["address"])

    def start(self) -> None:
        self._begin(
            "scheduler", "--scheduler-file", str(self._file), "--host", "127.0.0.1", "--port", "0", *_NO_DASHBOARD
        )
        self._until(self._file.exists, "the scheduler does not start")

    def add(self, name: str, *options: str, threads: int = 16, **environment: str) -> None:
        """Start a worker; it is there when `wait` returns."""
        words = ["worker", "--scheduler-file", str(self._file), "--name", name, "--nthreads", str(threads)]
        words += ["--no-nanny", *_NO_DASHBOARD, "--host", "127.0.0.1", "--local-directory", str(self.folder / name)]
        self.workers[name] = self._begin(*words, *options, environment=environment)

    def wait(self) -> None:
        """Until every worker is known to the scheduler."""
        logs = [self.folder / f"worker-{name}.log" for name in self.workers]
        self._until(lambda: all("Registered to" in one.read_text() for one in logs), "the workers do not start")

    def kill(self, name: str) -> None:
        """SIGKILL, as the machine's end would be."""
        worker = self.workers.pop(name)
        self._begun.remove(worker)
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def close(self) -> None:
        self._stack.close()

    def _begin(self, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        name = "-".join([words[0], *([words[4]] if words[0] == "worker" else [])])
        log = self._stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [*_DASK, *words, *self.options],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**self._environment, **(environment or {})},
            cwd=self.folder,
        )
        self._begun.append(process)
        self._stack.callback(_end, process)
        return process

    def _until(self, so: object, told: str) -> None:
        end = time.monotonic() + 60 * slowness()
        assert callable(so)
        while not so():
            logs = {one.name: one.read_text()[-800:] for one in self.folder.glob("*.log")}
            assert time.monotonic() < end, f"{told}: {logs}"
            assert not any(one.poll() for one in self._begun), f"{told}: {logs}"
            time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@contextmanager
def cluster(folder: Path, options: Sequence[str] = (), **environment: str) -> Iterator[Cluster]:
    """A scheduler without workers yet."""
    made = Cluster(folder, environment, options)
    try:
        made.start()
        yield made
    finally:
        made.close()
