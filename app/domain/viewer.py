"""Who looks: the person whose rights narrow the rows of a session."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Sees(StrEnum):
    """What part of the company's counterparties (and all that hangs on them) a role sees."""

    ALL = "all"
    OWN = "own"  # those whose responsible or additional manager he is
    SUPPLIERS = "suppliers"


@dataclass(frozen=True)
class Viewer:
    """A user as the row rules know him. `sees` is empty for a stranger: he sees no rows at all.

    `roles` are names: own fields are seen and changed by them. Whoever `leads` people sees their tasks.
    `assisted` are numbers of the counterparties whose additional manager he is: rules ask for them by an index.
    None: of rows that are each another user's, where the base is asked whom each of them assists.
    """

    user_id: int | None
    sees: frozenset[Sees]
    roles: frozenset[str] = frozenset()
    leads: bool = False
    assisted: tuple[int, ...] | None = ()

    @property
    def sees_all(self) -> bool:
        return Sees.ALL in self.sees

    @classmethod
    def of(
        cls,
        user_id: int,
        sees: Collection[Sees],
        roles: Collection[str] = (),
        *,
        leads: bool = False,
        assisted: Iterable[int] = (),
    ) -> "Viewer":
        return cls(user_id, frozenset(sees), frozenset(roles), leads, tuple(assisted))


NOBODY = Viewer(None, frozenset())


def is_allowed(viewer: Viewer | None, roles: Iterable[str]) -> bool:
    """No roles are all roles; workers and the command line may everything, an administrator too."""
    named = set(roles)
    return viewer is None or not named or "Admin" in viewer.roles or bool(named & viewer.roles)
