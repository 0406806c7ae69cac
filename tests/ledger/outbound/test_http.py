"""However a server behaves, a call ends in time, in bounded memory, and with a code."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ledger.errors import UnavailableError
from ledger.outbound.http import Http
from ledger.outbound.log_client import FolderLog, HttpLog

SECONDS = 0.3
LIMIT = 1_000
Script = Callable[[socket.socket, threading.Event], None]


@contextmanager
def server(script: Script) -> Iterator[str]:
    """Answer every connection as the script says; yield the address."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            script(connection, over)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/log"
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


@pytest.fixture
def http() -> Iterator[Http]:
    """An impatient client."""
    with Http(seconds_max=SECONDS) as client:
        yield client


def _says(*parts: bytes) -> Script:
    return lambda connection, over: connection.sendall(b"".join(parts))


def _answers(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> Script:
    lines = (b"HTTP/1.1 " + status, b"content-length: %d" % len(body), b"connection: close", *headers)
    return _says(b"\r\n".join(lines), b"\r\n\r\n", body)


def _trickles(start: bytes, drop: bytes) -> Script:
    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        while not over.wait(SECONDS / 10):
            connection.sendall(drop)

    return script


def _waits(connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def _floods(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"x" * 65_536)


BOMB = gzip.compress(bytes(10_000_000))
GZIP = b"content-encoding: gzip"
HOSTILE: dict[str, tuple[Script, str]] = {
    "silent": (_waits, "answer_too_slow"),
    "one header byte at a time": (_trickles(b"HTTP/1.1 200 OK\r\nx: ", b"y"), "answer_too_slow"),
    "one body byte at a time": (
        _trickles(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n", b"y"),
        "answer_too_slow",
    ),
    "endless body": (_floods, "answer_too_large"),
    "one byte too many": (_answers(bytes(LIMIT + 1)), "answer_too_large"),
    "gzip bomb": (_answers(BOMB[:LIMIT], GZIP), "answer_too_large"),
    "gzip of one byte too many": (_answers(gzip.compress(bytes(LIMIT + 1)), GZIP), "answer_too_large"),
    "gzip cut off": (_answers(gzip.compress(b"x" * 500)[:-9], GZIP), "answer_malformed"),
    "gzip twice": (_answers(gzip.compress(b"x") * 2, GZIP), "answer_malformed"),
    "not gzip": (_answers(b"hello", GZIP), "answer_malformed"),
    "unasked encoding": (_answers(b"hello", b"content-encoding: br"), "answer_malformed"),
    "gzip in gzip": (_answers(b"hello", b"content-encoding: gzip, gzip"), "answer_malformed"),
    "not http": (_says(b"SSH-2.0-OpenSSH\r\n"), "answer_malformed"),
    "too short": (_says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nxx"), "answer_malformed"),
    "hangs up": (lambda connection, over: None, "answer_malformed"),
    "endless headers": (_trickles(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 40_000, b"z"), "answer_malformed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_server_is_refused(http: Http, name: str) -> None:
    script, code = HOSTILE[name]
    with server(script) as address, pytest.raises(UnavailableError) as refused:
        http.get(address, bytes_max=LIMIT)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "url",
    [
        "",
        "log",
        "file:///etc/passwd",
        "ftp://x/",
        "http://",
        "http://user:word@x/",
        "http://x:port/",
        "http://x\n/",
        "http://xn--a.example/",
    ],
)
def test_an_address_that_is_none_is_refused(http: Http, url: str) -> None:
    with pytest.raises(UnavailableError) as refused:
        http.get(url, bytes_max=LIMIT)
    assert refused.value.code == "address_refused"


def test_nobody_there_is_unreachable(http: Http) -> None:
    with server(_says(b"")) as address:
        pass
    with pytest.raises(UnavailableError) as refused:
        http.get(address, bytes_max=LIMIT)
    assert refused.value.code == "address_unreachable"


def test_good_answers_arrive(http: Http) -> None:
    with server(_answers(b"hello", b"content-type: Text/Plain; charset=utf-8")) as address:
        answer = http.get(address, bytes_max=LIMIT)
        assert (answer.status, answer.content_type, answer.body) == (200, "text/plain", b"hello")
    with server(_answers(gzip.compress(bytes(LIMIT)), GZIP)) as address:
        assert http.post(address, b"x", bytes_max=LIMIT).body == bytes(LIMIT)


def test_redirects_and_proxies_are_not_followed(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with server(_answers(b"", b"location: http://127.0.0.1:9/", status=b"302 Found")) as address:
        assert http.get(address, bytes_max=LIMIT).status == 302


def test_a_log_over_http_has_files_or_none(http: Http) -> None:
    for status in (b"404 Not Found", b"403 Forbidden", b"410 Gone"):
        with server(_answers(b"no", status=status)) as address:
            assert HttpLog(http, address + "/").read("checkpoint", bytes_max=LIMIT) is None
    with server(_answers(b"no", status=b"500 Oops")) as address, pytest.raises(UnavailableError) as refused:
        HttpLog(http, address).read("checkpoint", bytes_max=LIMIT)
    assert (refused.value.code, refused.value.got) == ("log_refused", "500")


def test_a_log_in_a_folder_has_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_bytes(b"12345")
    log = FolderLog(tmp_path)
    assert log.read("checkpoint", bytes_max=5) == b"12345"
    assert log.read("tile/0/000", bytes_max=5) is None
    assert log.read("checkpoint/below", bytes_max=5) is None
    with pytest.raises(UnavailableError) as refused:
        log.read("checkpoint", bytes_max=4)
    assert refused.value.code == "answer_too_large"
    (tmp_path / "tile").mkdir()
    with pytest.raises(UnavailableError) as refused:
        log.read("tile", bytes_max=5)
    assert refused.value.code == "log_unreadable"
