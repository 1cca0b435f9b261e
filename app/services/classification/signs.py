"""Why somebody should call a buyer: a sentence for each sign, with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from app.domain.stages import Standing
from app.formatting import money, number
from app.models.captions import place_caption, standing_caption
from app.services.classification.why import NOTHING


def sentence(row: Mapping[str, Any], days: int | None) -> str:
    """Of a row of queries.signs, and the days since the last purchase."""
    told = "; ".join(_reasons(row, days or 0))
    return told[:1].upper() + told[1:]


def _reasons(row: Mapping[str, Any], days: int) -> Iterator[str]:
    if row["is_silent"]:
        times = number(round(days / row["usual"], 1))
        usual = number(row["usual"])
        yield ngettext(
            "silent for %(num)s day, usually %(usual)s (×\u00a0%(times)s)",
            "silent for %(num)s days, usually %(usual)s (×\u00a0%(times)s)",
            days,
            usual=usual,
            times=times,
        )
    if row["abc_since"]:
        yield f"ABC: {_move(row['abc_old'], place_caption(row['abc_now']), row['abc_since'])}"
    if row["stage_since"]:
        yield _stage(row)
    if row["owes_more"]:
        told = {"by": money(row["grew_by"]), "debt": money(row["debt"])}
        is_new = row["grew_by"] == row["debt"]
        debt = _("a debt of %(debt)s appeared", **told) if is_new else _("debt grew by %(by)s to %(debt)s", **told)
        late = _(", %(overdue)s of it overdue", overdue=money(row["overdue"]))
        yield debt + (late if row["overdue"] > 0 else "")


def _stage(row: Mapping[str, Any]) -> str:
    """Of whoever stays regular only the class is told."""
    before, now = (Standing(row[f"stage_{when}"], row[f"stage_{when}_xyz"]) for when in ("old", "now"))
    if before.stage == now.stage:
        return f"XYZ: {_move(before.xyz, now.xyz, row['stage_since'])}"
    return str(_("stage: %(move)s", move=_move(standing_caption(before), standing_caption(now), row["stage_since"])))


def _move(before: object, now: object, since: Any) -> str:
    day = format_date(since, "dd.MM.yyyy")
    return str(_("%(before)s → %(now)s since %(day)s", before=before or NOTHING, now=now or NOTHING, day=day))
