"""What goes on beside the people at work."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Meanwhile:
    """`go_on` runs in a thread of its own from the beginning of the block until it ends and `stopped` is set."""

    stopped: threading.Event = field(default_factory=threading.Event, init=False)

    def go_on(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join()

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.go_on, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
