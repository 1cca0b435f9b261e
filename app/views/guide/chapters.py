"""The user guide of docs/guide: its chapters, the screens each is about, and a chapter as a page shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from config import ROOT

GUIDE = ROOT / "docs" / "guide"
PICTURE_SIZE = {"width": 1280, "height": 800}
FIRST = "day"
# In the order of the guide.
SCREENS: Mapping[str, str] = {
    FIRST: "Home Search Profile Counterparty Contact Order Bell Journal WholeJournal History",
    "clients": """Person Duplicates Merge Satisfaction Consent Call Register HandOver ContactInfo Group ContactInfoKind
        PersonalData""",
    "calendar": "Calendar Colleagues CalendarAddress Task Series Invitation WorkdayException WorkingHours Absence",
    "mail": "Letter Incoming Mailbox MailboxRight Mailing StopList LetterTemplate",
    "sales": """Board Shipment ShipmentLine Payment Allocation Paper ExpectedDeal Closing Item ClosingReason
        PaperTemplate""",
    "purchases": """SupplierOrder Receipt ReceiptLine SupplierPayment SupplierItem Suppliers SupplierClosing
        SupplierComparisonReport SupplierReliabilityReport SupplierSettlementsReport""",
    "reports": "Reports Subscriptions Source Campaign Work",
    "classes": """Classification ClassificationDraft Standing WhatIf WorkPlan WorkPlanRule AbcBuyersReport
        XyzBuyersReport AbcXyzReport ClassMovesReport CallTheseReport WorkPlanReport""",
    "director": "Targets DirectorReport ManagersReport ManagersRatingReport ManagersRowsReport DirectorRowsReport",
    "exchange": "Bank Import Export Description ProgramKey OneC Webhook WebhookDelivery Telephony Extension InquiryKey",
    "administration": "User Role Reading OwnField Organisation BankAccount Policy Retention",
}
CHAPTER_OF = {f"{screen}View": chapter for chapter, screens in SCREENS.items() for screen in screens.split()}
NOT_A_WORD = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Chapter:
    """A chapter as it is read: its title, its headings as (anchor, words), and all of it as HTML."""

    title: str
    headings: tuple[tuple[str, str], ...]
    html: Markup


def chapter_of(view: str) -> str:
    """About this view; of a report that has none of its own, the one of reports, and else the first."""
    return CHAPTER_OF.get(view) or ("reports" if view.endswith("ReportView") else FIRST)


def anchor_of(heading: str) -> str:
    """As sites of repositories make it, so that links lead to the same place there and here."""
    return NOT_A_WORD.sub("", heading.lower()).replace(" ", "-")


@cache
def chapter(language: str, name: str) -> Chapter:
    """The files are the product's own; HTML in them would be shown as text."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - 4 MB, needed when the guide is read

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse((GUIDE / language / f"{name}.md").read_text(encoding="utf-8"))
    title, headings = "", []
    for place, token in enumerate(tokens):
        for inner in token.children or ():
            if inner.type == "image":  # of a known size, so that the page does not move under its reader
                inner.attrs |= {**PICTURE_SIZE, "loading": "lazy"}
        if token.type == "heading_open":
            words = tokens[place + 1].content
            token.attrSet("id", anchor_of(words))
            title = title or words
            headings += [(anchor_of(words), words)] if token.tag == "h2" else []
    return Chapter(title, tuple(headings), Markup(reader.renderer.render(tokens, reader.options, {})))
