"""Rules that the base itself keeps, in words: two people may break one between a check and its commit."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DataError, IntegrityError

from app.errors import Refused

# Name of the constraint: what it says, and the form field it is about.
SENTENCES = {
    "ck_contact_ends_after_start": (_l("The end is before the start."), "ends_at"),
    "ck_contact_with_somebody": (_l("Choose a counterparty or name the prospect."), "counterparty"),
    "ck_additional_manager_not_main": (
        _l("Whoever is responsible for the client is not an additional manager as well."),
        "additional_managers",
    ),
    "ck_campaign_ends_after_begin": (_l("The end is before the start."), "ends"),
    "ck_campaign_window_days": (_l("From 1 to 3650 days."), "window_days"),
    "ck_working_hours_closes_after_opens": (_l("The end is before the start."), "closes"),
    "ck_absence_ends_after_begin": (_l("The end is before the start."), "last_day"),
    "ck_task_text": (_l("Say what is to be done."), "text"),
    "ck_task_one_end": (_l("What is cancelled was not done."), "cancelled_on"),
    "ck_task_minutes": (_l("From 1 to 60000 minutes."), "minutes"),
    "ck_task_spent_minutes": (_l("From 0 to 60000 minutes."), "spent_minutes"),
    "ck_expected_deal_with_somebody": (_l("Choose a counterparty or name the prospect."), "counterparty"),
    "ck_consent_withdrawn_after_given": (_l("It is withdrawn before it was given."), "withdrawn_on"),
    "ck_policy_shares": (_l("The shares must add up to 100 %."), "share_c"),
    "uq_work_plan_rule_cell": (_l("This cell has a rule already."), "stage"),
    "ck_work_plan_rule_xyz": (_l("A regular client has an XYZ class, nobody else has one."), "xyz"),
    "ck_work_plan_rule_every_days": (_l("From 1 to 1000 days."), "every_days"),
    "ck_payment_amount": (_l("The amount cannot be zero."), "amount"),
    "ck_supplier_payment_amount": (_l("The amount cannot be zero."), "amount"),
}


def explained(error: IntegrityError | DataError) -> Refused:
    """The refusal that the broken rule means; never its SQL, nor the value that the driver repeats."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    if name in SENTENCES:
        sentence, field = SENTENCES[name]
        return Refused(sentence, field=field)
    match getattr(error.orig, "sqlstate", ""):
        case "23503":  # foreign key
            return Refused(_("Other rows refer to this one, or it refers to a row that is gone."))
        case "23505":  # unique: the last word of the name is the column
            return Refused(_("Another row already has this value."), field=name.removesuffix("_key").rpartition("_")[2])
        case "22001":
            return Refused(_("A text is too long."))
        case "22003":
            return Refused(_("A number is out of range."))
    return Refused(_("The base did not accept these values."))
