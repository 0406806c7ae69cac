"""The other end of `verifiers.worker`: what runs inside one killable process.

Messages both ways are a length (8 bytes, big-endian) and that many bytes of pickle. The first message
says what to import and how much memory is allowed; each further one is a number of seconds and a task.
"""

from __future__ import annotations

import os
import pickle
import resource
import struct
import traceback
from typing import BinaryIO

from verifiers.errors import UndeterminedError, VerifierError

LENGTH = struct.Struct(">Q")
READY = b"ready"


def serve() -> None:
    """Be a worker process: tasks from standard input, answers to what was standard output."""
    requests: BinaryIO = os.fdopen(os.dup(0), "rb", buffering=0)
    answers: BinaryIO = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever the work prints must not reach the pipe of answers.
    os.dup2(2, 1)
    warm, memory_bytes_max = pickle.loads(_read_message(requests))  # noqa: S301 - from our own parent
    for module in warm:
        __import__(module)
    _limit_memory(memory_bytes_max)
    _write_message(answers, READY)
    while message := _read_message(requests):
        _limit_cpu(LENGTH.unpack(message[: LENGTH.size])[0])
        _write_message(answers, _answer(message[LENGTH.size :]))


def _answer(task: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(task)  # noqa: S301 - from our own parent
        return pickle.dumps((True, function(*args, **kwargs)))
    except MemoryError:
        error: BaseException = UndeterminedError("work_too_large", "the work needed more memory than allowed")
    except VerifierError as raised:
        error = raised
    except Exception as raised:
        raised.add_note(traceback.format_exc())
        error = raised
    try:
        answer = pickle.dumps((False, error))
        pickle.loads(answer)  # noqa: S301 - some exceptions can be written and not read back
        return answer
    except Exception:
        return pickle.dumps((False, RuntimeError(f"a worker's task raised {type(error).__name__}")))


def _limit_memory(memory_bytes_max: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes_max, memory_bytes_max))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold a stranger's document


def _limit_cpu(seconds: int) -> None:
    """The second clock: if the parent is gone, nobody else would stop a busy process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _read_message(pipe: BinaryIO) -> bytes:
    """Return the next message, or nothing when the parent has closed the pipe."""
    header = _read_exactly(pipe, LENGTH.size)
    return _read_exactly(pipe, LENGTH.unpack(header)[0]) if header else b""


def _read_exactly(pipe: BinaryIO, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = pipe.read(length - len(data))
        if not part:
            return b""
        data += part
    return bytes(data)


def _write_message(pipe: BinaryIO, message: bytes) -> None:
    data = memoryview(LENGTH.pack(len(message)) + message)
    while data:
        data = data[pipe.write(data) :]
