"""The client process: many organisations' requests at once, each repeated with its key until it is answered.

    python -m tests.faults.load BASE_URL TOKEN LEARNER ACKS THREADS

Before a request is sent, and when it is answered or refused, that is written down (`acks`). The process lives on while
servers are killed, and ends when its standard input is closed. Of what it sent and was not answered it knows nothing:
only that it may be sent again with the same key.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from pathlib import Path

import httpx

from tests.faults.acks import Ack, Acks, Fail, Invoke

PAUSE_SECONDS = 0.02  # between attempts to reach a server that is not there
ANSWER_SECONDS_MAX = 10.0
REFUSED_EVERY = 5
NOBODY = "00000000-0000-4000-8000-000000000000"
"""The learner of every fifth request: nobody has this id, so it must be refused and leave nothing."""
EXAMPLE = Path(__file__).parents[2] / "schemas" / "examples" / "training.json"


class Client:
    """Sends attestations from some threads, one after another in each."""

    def __init__(self, base_url: str, token: str, learner: str, acks: Acks) -> None:
        self._base_url, self._learner, self._acks = base_url, learner, acks
        self._headers = {"authorization": f"Bearer {token}"}
        self._attestation = json.loads(EXAMPLE.read_bytes())
        self.stopping = threading.Event()
        self.failures: list[str] = []

    def work(self, number: int) -> None:
        """Send and repeat until told to stop."""
        with httpx.Client(base_url=self._base_url, trust_env=False, timeout=ANSWER_SECONDS_MAX) as http:
            for turn in itertools.count():
                marker = f"marker-{number}-{turn}-end"
                refused = turn % REFUSED_EVERY == REFUSED_EVERY - 1
                body: dict[str, object] = {
                    "learner": NOBODY if refused else self._learner,
                    "attestation": {**self._attestation, "title": f"Training {marker}"},
                }
                self._acks.add(Invoke(marker))
                if not self._send_until_answered(http, marker, body):
                    return

    def _send_until_answered(self, http: httpx.Client, marker: str, body: dict[str, object]) -> bool:
        headers = {**self._headers, "idempotency-key": marker}
        for attempt in itertools.count(1):
            if self.stopping.is_set():
                return False
            try:
                answer = http.post("/v1/attestations", json=body, headers=headers)
            except httpx.TransportError:
                time.sleep(PAUSE_SECONDS)
                continue
            if answer.status_code == 503:
                time.sleep(PAUSE_SECONDS)
                continue
            if answer.status_code == 404 and body["learner"] == NOBODY:
                self._acks.add(Fail(marker))
                return True
            if answer.status_code != 201:
                self.failures.append(f"{answer.status_code} {answer.text[:500]}")
                return False
            told = answer.json()
            self._acks.add(
                Ack(marker, told["id"], told["position"], told["credential"], told["receipt"], attempt)
            )
            return True
        return False


def main(base_url: str, token: str, learner: str, acks_path: str, threads: str) -> int:
    """Run until standard input is closed; return 1 when the server refused anything."""
    client = Client(base_url, token, learner, Acks(Path(acks_path)))
    workers = [threading.Thread(target=client.work, args=(number,)) for number in range(int(threads))]
    for worker in workers:
        worker.start()
    sys.stdin.buffer.read()
    client.stopping.set()
    for worker in workers:
        worker.join()
    for failure in client.failures:
        sys.stderr.write(failure + "\n")
    return 1 if client.failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
