"""A small application behind the front: what it was asked, pages that meet or are held, a long answer.

`/meet/N/NAME` is answered when N workers are asked for it at the same time; `…/held/NAME` when the folder `TOLD_IN`
has the file `NAME`, and meanwhile it has a file `NAME-…` for each worker that is asked for it. Of `/slow` it has a file
`slow` as soon as a worker hears of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.waiting import until

FOLDER = Path(os.environ["TOLD_IN"])
MEGABYTE = 1024 * 1024


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/work":
        time.sleep(0.02)
    elif path == "/slow":
        (FOLDER / "slow").touch()
    elif path == "/export/orders.csv":
        time.sleep(0.5)
    elif path.startswith("/meet/"):
        count, name = path.split("/")[2:]
        (FOLDER / f"{name}-{os.getpid()}").touch()
        until(lambda: len([*FOLDER.glob(f"{name}-*")]) == int(count))
    elif "/held/" in path:
        name = path.rpartition("/")[2]
        mark = FOLDER / f"{name}-{os.getpid()}"
        mark.touch()
        until((FOLDER / name).exists)
        mark.unlink()
    elif path == "/big":
        start_response("200 OK", [("Content-Type", "text/csv")])
        return (b"x" * MEGABYTE for _ in range(20))
    elif path == "/nothing":
        start_response("204 No Content", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return []
    body = environ["wsgi.input"].read()
    told = {
        "method": environ["REQUEST_METHOD"],
        "uri": environ["RAW_URI"],
        "began": time.time(),
        "size": len(body),
        "sum": hashlib.sha256(body).hexdigest(),
        **{name: value for name, value in environ.items() if name.startswith("HTTP_")},
    }
    answer = json.dumps(told).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
