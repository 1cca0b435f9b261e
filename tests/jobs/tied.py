"""Loaded by the process that forks others for the tests: it ends when they do, however that is.

Those that it forked hold the other end of the line by which it would hear of it.
"""

import signal

from app.processes import leash

leash.follow_parent(signal.SIGKILL)
