"""Folders for unix sockets: paths of at most 107 bytes without blanks, closed to everybody else."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

LONGEST = 107  # bytes, a limit of the kernel
LONGEST_NAME = len("/.s.PGSQL.5432")
# Redis tells the path of its socket among `key=value` parted by blanks, and clients of it read that.
PLAIN = re.compile(r"[\w/.,@+~-]+")


class Foreign(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The folder belongs to somebody who could answer in the server's place."""


def short_folder(folder: Path) -> Path:
    """The folder itself when its path is short and plain enough for a socket, else always the same one in /tmp."""
    if PLAIN.fullmatch(str(folder)) and len(os.fsencode(folder)) + LONGEST_NAME <= LONGEST:
        return folder
    return Path("/tmp") / f"vizavi-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"


def own_folder(folder: Path, owner: int) -> None:
    """Make it the owner's alone; refuse one that somebody else made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
        raise Foreign(f"{folder} belongs to somebody else; remove it")
    if found.st_uid != owner:
        os.chown(folder, owner, -1)
    folder.chmod(0o700)
