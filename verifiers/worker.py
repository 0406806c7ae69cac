"""Work on strangers' documents in processes that can be killed when their time is up.

A hostile document can keep native code busy for hours, and no timer inside the process can stop that.
So the work is done by small processes of our own: each takes one task at a time, has a bound on memory,
and is killed and replaced when the clock runs out, while other tasks go on in other processes.

`Pool.run(function, *args, seconds_max=…)` is the whole interface. The function is found by its name in
its module, so it must be importable; arguments and result travel by pickle between processes of one
program. Importing this module starts nothing.

Not here: what is worked on. Not a sandbox: the process may still open files; it is given no secrets, its
environment is empty but for what Python needs.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import select
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from verifiers.errors import UndeterminedError
from verifiers.worker_process import LENGTH, READY

P = ParamSpec("P")
T = TypeVar("T")

MEMORY_BYTES_MAX = 1_073_741_824  # address space of one process; a full verification needs about a quarter
WAIT_SECONDS_MAX = 30.0  # how long a task waits for a free process before it gives up
WAITING_MAX = 64  # tasks that may wait; each holds a thread of the server, which has other things to answer
START_SECONDS_MAX = 30.0  # interpreter and imports, on a loaded machine
_MESSAGE_BYTES_MAX = 268_435_456
_BOOT = "from verifiers.worker_process import serve; serve()"


class Pool:
    """A fixed number of killable processes; safe to use from many threads.

    Args:
        size: processes, and so tasks at a time.
        warm: modules that each process imports before its first task, so that no task pays for them.
        memory_bytes_max: address space of each process.
        wait_seconds_max: how long `run` waits for a free process.
        waiting_max: how many may wait so at a time; one more is refused at once.

    Processes start when first needed and end with `close`, or when this process ends.
    """

    def __init__(
        self,
        size: int = 1,
        *,
        warm: tuple[str, ...] = (),
        memory_bytes_max: int = MEMORY_BYTES_MAX,
        wait_seconds_max: float = WAIT_SECONDS_MAX,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        if size < 1:
            raise ValueError("a pool needs at least one process")
        self._options = (warm, memory_bytes_max)
        self._wait_seconds_max = wait_seconds_max
        self._waiting = threading.BoundedSemaphore(waiting_max)
        self._idle: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._all: set[_Process] = set()
        self._closed = False
        # A pool that is dropped without `close` takes its processes along.
        weakref.finalize(self, _kill_all, self._all)
        for _ in range(size):
            self._idle.put(None)  # a place without a process yet

    def run(self, function: Callable[..., T], /, *args: object, seconds_max: float, **kwargs: object) -> T:
        """Return what the function returns, computed in another process.

        Args:
            function: importable by module and name, no lambda or closure.
            seconds_max: wall-clock seconds for the work; when they are over the process is killed.

        Raises:
            UndeterminedError: work_too_long (killed by the clock), work_too_large (out of memory or
                a process that died), work_queue_full (no process came free in time, or too many wait for one).
            Exception: what the function raised; with the remote traceback as a note, unless it is one of
                `verifiers.errors`.
        """
        task = _pack(function, args, kwargs)
        process = self._take()
        try:
            if process is None or not process.alive():
                process = self._start(process)
            succeeded, payload = process.work(task, seconds_max)
        except BaseException:
            # Also on KeyboardInterrupt: a process with an answer under way must not serve the next task.
            self._discard(process)
            process = None
            raise
        finally:
            self._idle.put(process)
        if succeeded:
            result: T = payload
            return result
        raise payload

    def close(self) -> None:
        """End all processes, busy ones too; a later `run` raises RuntimeError."""
        with self._lock:
            self._closed = True
            _kill_all(self._all)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> _Process | None:
        """Return a free place, with its process when it has one."""
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait()
        if not self._waiting.acquire(blocking=False):
            raise UndeterminedError("work_queue_full", "too many tasks wait for a worker process")
        try:
            return self._idle.get(timeout=self._wait_seconds_max)
        except queue.Empty:
            raise UndeterminedError("work_queue_full", "no worker process came free in time") from None
        finally:
            self._waiting.release()

    def _start(self, dead: _Process | None) -> _Process:
        if dead is not None:
            self._discard(dead)
        process = _Process(*self._options)
        with self._lock:
            if not self._closed:
                self._all.add(process)
                return process
        process.kill()
        raise RuntimeError("the pool is closed")

    def _discard(self, process: _Process | None) -> None:
        if process is not None:
            process.kill()
            with self._lock:
                self._all.discard(process)


class _Process:
    """One worker process and the pipes to it; used by one thread at a time."""

    def __init__(self, warm: tuple[str, ...], memory_bytes_max: int) -> None:
        # Not multiprocessing, which would import the caller's __main__ again. -P: never import from the
        # working directory unless this process does.
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and a constant program
            [sys.executable, "-P", "-c", _BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            bufsize=0,
        )
        self._to_child, self._from_child = (
            pipe.fileno() if pipe is not None else -1 for pipe in (self._child.stdin, self._child.stdout)
        )
        try:
            self._send(pickle.dumps((warm, memory_bytes_max)))
            if self._receive(time.monotonic() + START_SECONDS_MAX) != READY:
                raise UndeterminedError("work_too_large", "the worker process did not start")
        except BaseException:
            self.kill()
            raise

    def alive(self) -> bool:
        return self._child.poll() is None

    def work(self, task: bytes, seconds_max: float) -> tuple[bool, Any]:
        """Return (True, result) or (False, exception). Raises UndeterminedError when the process is lost."""
        self._send(LENGTH.pack(max(1, int(seconds_max) + 2)) + task)
        answer = self._receive(time.monotonic() + seconds_max)
        succeeded, payload = pickle.loads(answer)  # noqa: S301 - from our own child
        return succeeded, payload

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._child.wait()

    def _send(self, message: bytes) -> None:
        data = memoryview(LENGTH.pack(len(message)) + message)
        try:
            while data:
                data = data[os.write(self._to_child, data) :]
        except OSError as error:
            raise UndeterminedError("work_too_large", "the worker process died") from error

    def _receive(self, deadline: float) -> bytes:
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > _MESSAGE_BYTES_MAX:
            raise UndeterminedError("work_too_large", "the worker process answered too much")
        return self._read(length, deadline)

    def _read(self, length: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < length:
            seconds = deadline - time.monotonic()
            if seconds <= 0 or not _readable(self._from_child, seconds):
                raise UndeterminedError("work_too_long", "the work took longer than allowed and was stopped")
            part = os.read(self._from_child, min(length - len(data), 1 << 20))
            if not part:
                raise UndeterminedError("work_too_large", "the worker process died, as when memory runs out")
            data += part
        return bytes(data)


def _kill_all(processes: set[_Process]) -> None:
    while processes:
        processes.pop().kill()


def _environment() -> dict[str, str]:
    """Only what Python needs to start: the server's settings and secrets stay here."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path),
        "LANG": "C.UTF-8",
    }


def _readable(descriptor: int, seconds: float) -> bool:
    # poll, not select: a server may hold more than 1,024 descriptors.
    poller = select.poll()
    poller.register(descriptor, select.POLLIN | select.POLLHUP)
    return bool(poller.poll(seconds * 1000))


def _pack(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> bytes:
    if getattr(function, "__module__", "__main__") == "__main__":
        raise ValueError("a function of __main__ cannot be found by another process")
    return pickle.dumps((function, args, kwargs))
