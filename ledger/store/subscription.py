"""Following the sequence of events by asking again and again; it works the same on both databases."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Self

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

POLL_SECONDS = 0.1
PAGE_MAX = 500


class PollingSubscription(Subscription[ApplicationRecorder]):
    """An iterator over notifications that waits for more at the end.

    Order: by notification id, each exactly once. Nothing is missed, because positions become visible in
    the order of commits. `stop`, from any thread, ends the iteration within a moment; errors of the
    recorder end it too, by being raised from `next`.
    """

    def __init__(
        self,
        recorder: ApplicationRecorder,
        gt: int | None = None,
        topics: Sequence[str] = (),
        *,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._poll_seconds = poll_seconds
        self._stopped = threading.Event()
        self._page: deque[Notification] = deque()

    def stop(self) -> None:
        """End the iteration; a thread that waits in `next` returns at once."""
        super().stop()
        self._stopped.set()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Notification:
        """Return the next notification, waiting for it as long as it takes."""
        while not self._stopped.is_set():
            if self._page:
                notification = self._page.popleft()
                self._last_notification_id = notification.id
                return notification
            self._page.extend(
                self._recorder.select_notifications(
                    self._last_notification_id,
                    PAGE_MAX,
                    topics=self._topics,
                    inclusive_of_start=False,
                )
            )
            if not self._page:
                self._stopped.wait(self._poll_seconds)
        raise StopIteration
