"""The menu: every screen of the product, in the order people see them."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

from app.views.bell.bell import BellView, ReminderApi
from app.views.calendar import CalendarView, ColleaguesView
from app.views.calendar_outside import CalendarAddressView, CalendarFeedView
from app.views.catalogues import GroupView, SourceView, WorkdayExceptionView, WorkPlanRuleView
from app.views.classification.drafts import ClassificationDraftView
from app.views.classification.runs import AbcReportView, ClassificationView
from app.views.classification.standing import StandingView
from app.views.classification.whatif import WhatIfView
from app.views.contacts.campaigns import CampaignView
from app.views.contacts.contacts import ContactApi, ContactView
from app.views.contacts.expected_deals import ExpectedDealView
from app.views.contacts.inquiries import InquiryKeyView
from app.views.contacts.series import SeriesView
from app.views.contacts.work_plan import WorkPlanView
from app.views.contacts.xyz_report import XyzReportView
from app.views.counterparties.call import CallView
from app.views.counterparties.contact_info import ContactInfoKindView, ContactInfoView
from app.views.counterparties.counterparties import CounterpartyApi, CounterpartyView
from app.views.counterparties.duplicates import DuplicatesView
from app.views.counterparties.hand_over import HandOverView
from app.views.counterparties.merging import CounterpartyMergeApi, MergeView, PersonMergeApi
from app.views.counterparties.persons import PersonApi, PersonView
from app.views.counterparties.registering import RegisterView
from app.views.counterparties.satisfaction import SatisfactionView
from app.views.counterparties.telephony import ExtensionView, RingingView, TelephonyView
from app.views.exchange.api import DescriptionApi, DescriptionView
from app.views.exchange.bank import BankView
from app.views.exchange.bulk import BULK
from app.views.exchange.one_c import OneCView
from app.views.exchange.programs import ProgramKeyView
from app.views.exchange.tables import ExportView, ImportView
from app.views.guide.guide import HelpView
from app.views.items import ItemApi, ItemView
from app.views.journal import HistoryView, JournalView, WholeJournalView
from app.views.mail.incoming import IncomingView
from app.views.mail.invitations import InvitationView
from app.views.mail.letters import LetterApi, LetterView
from app.views.mail.mailboxes import LetterTemplateView, MailboxRightView, MailboxView
from app.views.mail.mailings import MailingView, StopListView
from app.views.managers.reports import DirectorReportView
from app.views.managers.targets import TargetsView
from app.views.own_fields import OwnFieldView
from app.views.papers.organisation import BankAccountView, OrganisationView
from app.views.papers.papers import PaperTemplateView, PaperView
from app.views.planning.tasks import TaskApi, TaskView
from app.views.planning.working_time import AbsenceView, WorkingHoursView
from app.views.policy import PolicyView
from app.views.privacy.personal_data import ConsentView, PersonalDataView
from app.views.privacy.readings import ReadingView
from app.views.privacy.retention import RetentionView
from app.views.purchasing.closings import SupplierClosingView
from app.views.purchasing.receipts import ReceiptLineView, ReceiptView
from app.views.purchasing.supplier_orders import SupplierOrderView
from app.views.purchasing.supplier_payments import SupplierPaymentView
from app.views.purchasing.suppliers import SupplierItemView, SuppliersView
from app.views.purchasing.supply_api import SupplierOrderApi
from app.views.reports import ReportsView, ReportView, view_of
from app.views.sales.board import BoardView
from app.views.sales.closings import ClosingReasonView, ClosingView
from app.views.sales.deal_api import OrderApi, PaymentApi, ShipmentApi
from app.views.sales.orders import OrderView
from app.views.sales.payments import AllocationView, PaymentView
from app.views.sales.shipments import ShipmentLineView, ShipmentView
from app.views.search import SearchView
from app.views.subscriptions import SubscriptionsView
from app.views.webhooks.webhooks import WebhookDeliveryView, WebhookView
from app.views.work import WorkView
from app.web.access.people import RoleView, UserView
from app.web.lookup import LookupView
from reports import CATALOGUE
from reports.classification.abc_buyers import AbcBuyers
from reports.classification.xyz_buyers import XyzBuyers
from reports.managers.director import Director


class Screen(NamedTuple):
    """A line of the menu; its label is also its name, so that no two may be alike. No label: not in the menu."""

    category: str
    label: Any
    view: type
    icon: str = "fa-angle-right"


CATEGORIES = {  # name: caption and icon
    "Work": (_l("Working day"), "fa-calendar-days"),
    "Clients": (_l("Clients"), "fa-building"),
    "Sales": (_l("Sales"), "fa-cart-shopping"),
    "Purchases": (_l("Purchasing"), "fa-truck-ramp-box"),
    "Reports": (_l("Reports"), "fa-chart-column"),
    "Catalogues": (_l("Catalogues"), "fa-book"),
    "Exchange": (_l("Data exchange"), "fa-right-left"),
    "Administration": (_l("Administration"), "fa-gear"),
}

# Reports with more on their page than every report has.
BASES: dict[str, type[ReportView]] = {
    AbcBuyers.slug: AbcReportView,
    XyzBuyers.slug: XyzReportView,
    Director.slug: DirectorReportView,
}

MENU = (
    Screen("Work", _l("Calendar"), CalendarView, "fa-calendar-days"),
    Screen("Work", _l("Tasks"), TaskView, "fa-list-check"),
    Screen("Work", _l("Letters"), LetterView, "fa-envelope"),
    Screen("Work", _l("Mailboxes"), MailboxView, "fa-inbox"),
    Screen("Work", _l("Mailings"), MailingView, "fa-paper-plane"),
    Screen("Work", _l("Stop list"), StopListView, "fa-ban"),
    Screen("Clients", _l("Counterparties"), CounterpartyView, "fa-building"),
    Screen("Clients", _l("Contact persons"), PersonView, "fa-address-book"),
    Screen("Clients", _l("Possible duplicates"), DuplicatesView, "fa-clone"),
    Screen("Clients", _l("Contacts"), ContactView, "fa-phone"),
    Screen("Clients", _l("Contact plans"), WorkPlanView, "fa-calendar-check"),
    Screen("Clients", _l("Satisfaction of clients"), SatisfactionView, "fa-face-smile"),
    Screen("Clients", _l("Consents to keep personal data"), ConsentView, "fa-file-signature"),
    Screen("Clients", _l("Who is calling?"), CallView, "fa-headset"),
    Screen("Sales", _l("Board of orders"), BoardView, "fa-table-columns"),
    Screen("Sales", _l("Buyer orders"), OrderView, "fa-cart-shopping"),
    Screen("Sales", _l("Shipments and returns"), ShipmentView, "fa-truck"),
    Screen("Sales", _l("Payments"), PaymentView, "fa-wallet"),
    Screen("Sales", _l("Papers for clients"), PaperView, "fa-file-pdf"),
    Screen("Sales", _l("Coming deals"), ExpectedDealView, "fa-seedling"),
    Screen("Sales", _l("Closed orders"), ClosingView, "fa-circle-xmark"),
    Screen("Purchases", _l("Supplier orders"), SupplierOrderView, "fa-cart-flatbed"),
    Screen("Purchases", _l("Receipts of goods"), ReceiptView, "fa-box-open"),
    Screen("Purchases", _l("Supplier payments"), SupplierPaymentView, "fa-money-bill-transfer"),
    Screen("Purchases", _l("Closed supplier orders"), SupplierClosingView, "fa-circle-xmark"),
    Screen("Purchases", _l("Items of suppliers"), SupplierItemView, "fa-tags"),
    Screen("Reports", _l("All reports"), ReportsView, "fa-chart-column"),
    *(
        Screen("Reports", report.title, view_of(report, BASES.get(report.slug, ReportView)), "fa-chart-simple")
        for report in CATALOGUE
    ),
    Screen("Reports", _l("Plans of managers"), TargetsView, "fa-bullseye"),
    Screen("Reports", _l("Classifications of buyers"), ClassificationView, "fa-clock-rotate-left"),
    Screen("Catalogues", _l("Items"), ItemView, "fa-box"),
    Screen("Catalogues", _l("Counterparty groups"), GroupView, "fa-folder-tree"),
    Screen("Catalogues", _l("Information sources"), SourceView, "fa-bullhorn"),
    Screen("Catalogues", _l("Marketing campaigns"), CampaignView, "fa-flag"),
    Screen("Catalogues", _l("Reasons of closing"), ClosingReasonView, "fa-circle-question"),
    Screen("Catalogues", _l("Kinds of contact information"), ContactInfoKindView, "fa-tags"),
    Screen("Catalogues", _l("Letter templates"), LetterTemplateView, "fa-file-lines"),
    Screen("Catalogues", _l("Paper templates"), PaperTemplateView, "fa-file-pdf"),
    Screen("Catalogues", _l("Rules of the contact plan"), WorkPlanRuleView, "fa-list-check"),
    Screen("Catalogues", _l("Exceptions of the production calendar"), WorkdayExceptionView, "fa-calendar-xmark"),
    Screen("Catalogues", _l("Working hours"), WorkingHoursView, "fa-business-time"),
    Screen("Catalogues", _l("Absences"), AbsenceView, "fa-umbrella-beach"),
    Screen("Exchange", _l("Bank statements"), BankView, "fa-building-columns"),
    Screen("Exchange", _l("Import of tables"), ImportView, "fa-file-import"),
    Screen("Exchange", _l("Export of tables"), ExportView, "fa-file-export"),
    Screen("Exchange", _l("Interface for programs"), DescriptionView, "fa-code"),
    Screen("Administration", _l("Users"), UserView, "fa-user"),
    Screen("Administration", _l("Roles"), RoleView, "fa-user-shield"),
    Screen("Administration", _l("Inquiries from sites"), InquiryKeyView, "fa-inbox"),
    Screen("Administration", _l("Telephony"), TelephonyView, "fa-phone-volume"),
    Screen("Administration", _l("Program keys"), ProgramKeyView, "fa-key"),
    Screen("Administration", _l("Webhooks"), WebhookView, "fa-satellite-dish"),
    Screen("Administration", _l("Who looked at what"), ReadingView, "fa-eye"),
    Screen("Administration", _l("Exchange with 1C"), OneCView, "fa-right-left"),
    Screen("Administration", _l("Own fields"), OwnFieldView, "fa-table-list"),
    Screen("Administration", _l("Our organisation"), OrganisationView, "fa-landmark"),
    Screen("Administration", _l("Policy"), PolicyView, "fa-sliders"),
    Screen("Administration", _l("Terms of keeping"), RetentionView, "fa-hourglass-half"),
)

OUT_OF_MENU = (
    ColleaguesView,
    BellView,
    RingingView,
    ExtensionView,
    CalendarAddressView,
    CalendarFeedView,
    JournalView,
    WholeJournalView,
    HistoryView,
    WorkView,
    SubscriptionsView,
    StandingView,
    WhatIfView,
    ClassificationDraftView,
    SearchView,
    HelpView,
    HandOverView,
    MergeView,
    RegisterView,
    InvitationView,
    SeriesView,
    ContactInfoView,
    ShipmentLineView,
    AllocationView,
    LookupView,
    ReceiptLineView,
    SuppliersView,
    MailboxRightView,
    IncomingView,
    BankAccountView,
    PersonalDataView,
    WebhookDeliveryView,
)
APIS = (
    CounterpartyApi,
    PersonApi,
    ContactApi,
    TaskApi,
    OrderApi,
    ShipmentApi,
    PaymentApi,
    SupplierOrderApi,
    ItemApi,
    ReminderApi,
    LetterApi,
    CounterpartyMergeApi,
    PersonMergeApi,
    *BULK,
    DescriptionApi,
)


def register(appbuilder: AppBuilder) -> None:
    """Put every view into the application and into the menu."""
    for screen in MENU:
        caption, icon = CATEGORIES[screen.category]
        appbuilder.add_view(
            screen.view,
            screen.view.__name__,
            icon=screen.icon,
            label=screen.label,
            category=screen.category,
            category_icon=icon,
            category_label=caption,
        )
    for view in OUT_OF_MENU:
        appbuilder.add_view_no_menu(view)
    for api in APIS:
        appbuilder.add_api(api)
