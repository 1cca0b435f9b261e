"""`classify`: the runs that assign classes and stages to buyers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _

from app import clock
from app.domain.abc import AbcMoves
from app.domain.periods import Period
from app.domain.stages import Stage, StageMoves, Standing, XyzClass
from app.domain.words import AbcClass
from app.extensions import db
from app.formatting import plain, short_date, show_period
from app.models.captions import caption, place_caption, standing_caption
from app.models.classes import AbcRun, StageRun
from app.services.classification.abc import classify_abc, next_abc_period
from app.services.classification.stages import classify_stages, next_parameters
from reports.kit.params import DateParam, PeriodParam

classify = AppGroup("classify", help="Assign classes and stages to buyers.")


@classify.command("abc")
@click.option("--period", help="2026-03, last-month …; without it, the period after the last run's.")
@click.option("--on", "day", help="The day from which the classes hold; without it, the end of the period or today.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def abc(period: str | None, day: str | None, dry_run: bool) -> None:
    """Assign classes A, B and C to all buyers and print how many moved where."""
    session, today = db.session(), clock.today()
    days = PeriodParam("period", "").value(session, period, today) if period else next_abc_period(session, today)
    on: date | None = DateParam("on", "").value(session, day, today) if day else None
    run = classify_abc(session, days, today=today, on=on)
    end(lines_of_classes(run), dry_run=dry_run)


def lines_of_classes(run: AbcRun) -> list[str]:
    """What the run did, in words."""
    moves = AbcMoves.from_json(run.moves)
    shares = " / ".join(plain(share) for share in (run.share_a, run.share_b, run.share_c))
    return [
        f"{show_period(Period(run.start, run.end))} ({short_date(run.start)} – {short_date(run.end)})",
        f"{caption(run.measure)}, {shares} %",
        _("Classes from %(day)s", day=short_date(run.on)),
        *(f"{abc}  {moves.now_in(abc):>9}" for abc in AbcClass),
        *(f"{place_caption(old)} → {place_caption(new)}  {count:>5}" for old, new, count in moves.changed()),
        _("Up: %(up)s, down: %(down)s, as before: %(same)s", up=moves.up, down=moves.down, same=moves.stayed),
    ]


@classify.command("stages")
@click.option("--period", help="The analysis ends with it: 2026-03, last-month …; without it, with today's sub-period.")
@click.option("--on", "day", help="The day from which the stages hold; without a period the analysis ends with it too.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def stages(period: str | None, day: str | None, dry_run: bool) -> None:
    """Assign stages and XYZ classes to all buyers and print how many moved where.

    Periodicity, number of periods and thresholds are those of the last run.
    """
    session, today = db.session(), clock.today()
    on: date | None = DateParam("on", "").value(session, day, today) if day else None
    last = PeriodParam("period", "").value(session, period, today).last if period else on or today
    run = classify_stages(session, next_parameters(session, last), today=today, on=on)
    end(list(lines_of_stages(run)), dry_run=dry_run)


def end(lines: list[str], *, dry_run: bool) -> None:
    """Keep what was done, or only tell it."""
    if dry_run:
        db.session.rollback()
        lines.append(_("Nothing was written."))
    else:
        db.session.commit()
    click.echo("\n".join(lines))


def lines_of_stages(run: StageRun) -> Iterator[str]:
    """What the run did, in words."""
    moves = StageMoves.from_json(run.moves)
    yield f"{show_period(Period(run.start, run.end))} ({short_date(run.start)} – {short_date(run.end)})"
    yield f"{caption(run.measure)}, {caption(run.periodicity)} × {run.count}"
    yield _("Stages from %(day)s", day=short_date(run.on))
    regular = [Standing(Stage.REGULAR, xyz) for xyz in (*XyzClass, None)]
    for one in (Standing(Stage.POTENTIAL), Standing(Stage.ONE_TIME), *regular, Standing(Stage.LOST)):
        count = sum(n for (_old, new), n in moves.counts.items() if new == one)
        if count or one != Standing(Stage.REGULAR):
            yield f"{standing_caption(one):<28}{count:>9}"
    for old, new, count in moves.changed():
        yield f"{standing_caption(old)} → {standing_caption(new)}  {count:>5}"
    yield _("Up: %(up)s, down: %(down)s, as before: %(same)s", up=moves.up, down=moves.down, same=moves.stayed)


def init_app(app: Flask) -> None:
    app.cli.add_command(classify)
