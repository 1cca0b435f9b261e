"""`python -m jobs.worker [HOW_MANY [QUEUE]]`: the processes that do the work of one queue."""

import logging
import signal
import sys
from typing import Any

import rq
from rq.job import Job
from rq.queue import Queue
from rq.worker_pool import WorkerPool

from app import nudge, tracing
from app.processes import leash, lines
from app.services.mail import outbox
from app.services.mail.incoming import fetching
from app.web.work import KINDS
from jobs import runtime, telling

HOW_MANY = 2


class Worker(rq.Worker):
    """Ends at once and leaves nothing behind: what it was doing is undone by the base and taken again.

    Only what other servers have been told is written down first: see runtime.Shift.
    """

    def work(self, *args: object, **kwargs: object) -> bool:
        leash.follow_parent(signal.SIGKILL)
        self._ask_for_mail()
        # RQ's own scheduler is one more process, for what jobs.clock does here.
        return bool(super().work(*args, **{**kwargs, "with_scheduler": False}))  # type: ignore[arg-type]

    def _ask_for_mail(self) -> None:
        """What one that was killed had begun goes on now, not when the clock asks next."""
        if nudge.MAIL in self.queue_names():
            with runtime.app().app_context():
                for task in (fetching.TASK, outbox.TASK):
                    nudge.soon(task, nudge.MAIL)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Both are deaf until the one knows the number of the other, who then listens in his own way."""
        signal.pthread_sigmask(signal.SIG_BLOCK, runtime.Shift.ENDS)
        super().fork_work_horse(job, queue)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, runtime.Shift.ENDS)

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, runtime.Shift.ENDS)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        leash.follow_parent(signal.SIGKILL)
        tracing.begin(tracing.Trace(tracing.accepted(job.meta.get(nudge.REQUEST))))
        super().main_work_horse(job, queue)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """RQ would log the text of the error, and with it what somebody typed."""
        self.log.error("%s failed", job.func_name, exc_info=exc_info)

    def handle_warm_shutdown_request(self) -> None:
        if self.horse_pid:
            self.kill_horse(signal.SIGTERM)


def main() -> None:
    """Until SIGTERM or SIGINT. The pool replaces a worker that died, also one that lost Redis."""
    lines.set_up()
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else HOW_MANY
    queue = sys.argv[2] if len(sys.argv) > 2 else nudge.QUEUE
    tracing.works_as("mail" if queue == nudge.MAIL else "worker")
    with runtime.app().app_context():
        connection = nudge.connection()
    # What they will run is loaded before they fork, and what they do each minute was done once.
    if queue == nudge.MAIL:
        telling.rehearse()
    logging.getLogger("jobs.worker").info("%d workers of %s run; they know %s", how_many, queue, ", ".join(KINDS))
    pool = WorkerPool([queue], connection=connection, num_workers=how_many, worker_class=Worker)
    pool.start(logging_level="WARNING")


if __name__ == "__main__":
    main()
