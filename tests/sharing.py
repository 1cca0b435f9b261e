"""How the files of tests are shared among the workers of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController


class ByFolder(LoadFileScheduling):
    """A file is one worker's, who stays in its folder while there are files: the statements and templates of those are
    compiled, and their servers and browser run.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        others = {self._place_of(other) for other in self.nodes if other is not node}
        self.workqueue.move_to_end(next_file(self.workqueue, self._place_of(node), others), last=False)
        super()._assign_work_unit(node)

    def _place_of(self, node: WorkerController) -> str:
        """The folder of the file that it was given last."""
        return folder_of(next(reversed(self.assigned_work[node]), ""))


def next_file(files: Iterable[str], own: str, others: Collection[str]) -> str:
    """Of the folder where a worker is; then of one where nobody is; then of the one where most files are left."""
    left: dict[str, list[str]] = {}
    for file in files:
        left.setdefault(folder_of(file), []).append(file)
    nobodys = next((folder for folder in left if folder not in others), "")
    return left[own if own in left else nobodys or max(left, key=lambda folder: len(left[folder]))][0]


def folder_of(file: str) -> str:
    """`tests/views` of `tests/views/sales/test_orders.py`."""
    return "/".join(file.split("/")[:2])
