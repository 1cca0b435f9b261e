"""For tests; production runs queries.classification.stages and variations: stages and XYZ classes."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from app.domain.stages import DEFAULT, Stage, Standing, Thresholds, XyzClass


def variation(values: Sequence[Decimal]) -> Decimal:
    """The coefficient of variation in percent: population deviation by mean; 0 where the mean is 0."""
    count = len(values)
    total = sum(values, Decimal(0))
    if not total:
        return Decimal(0)
    # 100·√(Σ(x−m)²/N)/m without dividing first, so that a boundary value stays exact.
    scatter = count * sum((x * x for x in values), Decimal(0)) - total * total
    return 100 * max(scatter, Decimal(0)).sqrt() / abs(total)


def variation_of_intervals(start: datetime, end: datetime, documents: Sequence[datetime]) -> Decimal:
    """The same of the gaps between documents; the gaps before the first and after the last count too."""
    moments = [start, *sorted(documents), end]
    gaps = [Decimal(str((b - a).total_seconds())) for a, b in pairwise(moments)]
    return variation(gaps)


def assess(
    old: Standing,
    *,
    purchases: int,
    value: Decimal,
    variation: Decimal,
    thresholds: Thresholds = DEFAULT,
    is_silent: bool = False,
) -> Standing | None:
    """Where the buyer stands after the window; None when nothing is written about him.

    `purchases` are shipments in the window (returns are not counted), `value` their
    net sum. No purchases, or returns that ate them up, is what the original
    tests by a variation of 0 - and so loses its most even buyers. A one-time buyer is lost
    when he `is_silent` for as long as the run asks for.
    """
    if old.stage is Stage.LOST and not purchases:
        return None
    if not purchases or value <= 0:
        if old.stage in {Stage.REGULAR, Stage.LOST} or (old.stage is Stage.ONE_TIME and is_silent):
            return Standing(Stage.LOST)
        return Standing(old.stage or Stage.POTENTIAL)
    if old.stage in {None, Stage.POTENTIAL, Stage.ONE_TIME} and purchases <= thresholds.one_time_to:
        if old.stage is Stage.ONE_TIME or purchases >= thresholds.one_time_from:
            return Standing(Stage.ONE_TIME)
        return Standing(Stage.POTENTIAL)
    xyz = xyz_of(variation, thresholds)
    return Standing(Stage.REGULAR, xyz) if xyz else Standing(old.stage or Stage.POTENTIAL)


def xyz_of(variation: Decimal, thresholds: Thresholds) -> XyzClass | None:
    """A boundary value takes the better class; None beyond Z."""
    bounds = (thresholds.x_to, thresholds.y_to, thresholds.z_to)
    return next((xyz for bound, xyz in zip(bounds, XyzClass, strict=True) if variation <= bound), None)
