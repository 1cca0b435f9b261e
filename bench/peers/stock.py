"""A CRM of Flask-AppBuilder with nothing tuned: its models, their plain views, indexes for what they sort and look up.

Lists to choose a company from are left out, or asked for as one types: of 100,000 companies a page would take minutes.
Runs on the packages of the product and knows nothing else of it.
"""

import os
from datetime import date, datetime
from decimal import Decimal

from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelView
from flask_appbuilder.fields import AJAXSelectField
from flask_appbuilder.fieldwidgets import Select2AJAXWidget
from flask_appbuilder.models.sqla.base import SQLA
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

PAGE = 25  # rows, as many as a page of ours has


class StockEmployee(Model):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))

    def __repr__(self) -> str:
        return self.name


class StockCompany(Model):
    __tablename__ = "company"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    inn: Mapped[str] = mapped_column(String(12))
    phone: Mapped[str] = mapped_column(String(30))
    registered_on: Mapped[date]
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True)
    employee: Mapped[StockEmployee | None] = relationship()

    def __repr__(self) -> str:
        return self.name


class StockPerson(Model):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    position: Mapped[str] = mapped_column(String(200))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    company: Mapped[StockCompany] = relationship()

    def __repr__(self) -> str:
        return self.name


class StockActivity(Model):
    __tablename__ = "activity"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True)
    company: Mapped[StockCompany | None] = relationship()
    employee: Mapped[StockEmployee | None] = relationship()


class StockDeal(Model):
    __tablename__ = "deal"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(50))
    made_on: Mapped[date] = mapped_column(index=True)
    amount: Mapped[Decimal]
    status: Mapped[str] = mapped_column(String(20))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), index=True)
    company: Mapped[StockCompany] = relationship()
    employee: Mapped[StockEmployee | None] = relationship()


class StockPeople(ModelView):
    datamodel = SQLAInterface(StockPerson)
    page_size = PAGE
    list_columns = ["name", "position", "company"]
    search_columns = ["name", "position"]
    base_order = ("name", "asc")


class StockActivities(ModelView):
    datamodel = SQLAInterface(StockActivity)
    page_size = PAGE
    list_columns = ["starts_at", "kind", "state", "subject", "company", "employee"]
    search_columns = ["subject", "kind", "state", "starts_at", "employee"]
    base_order = ("starts_at", "desc")
    add_columns = ["company", "subject", "starts_at", "kind", "state"]
    add_form_extra_fields = {
        "company": AJAXSelectField(
            "Company",
            datamodel=datamodel,
            col_name="company",
            widget=Select2AJAXWidget(endpoint="/stockactivities/api/column/add/company"),
        )
    }


class StockDeals(ModelView):
    datamodel = SQLAInterface(StockDeal)
    page_size = PAGE
    list_columns = ["number", "made_on", "company", "amount", "status", "employee"]
    search_columns = ["number", "made_on", "status", "employee"]
    base_order = ("made_on", "desc")


class StockCompanies(ModelView):
    datamodel = SQLAInterface(StockCompany)
    page_size = PAGE
    list_columns = ["name", "inn", "phone", "registered_on", "employee"]
    show_columns = list_columns
    search_columns = ["name", "inn", "phone", "registered_on", "employee"]
    base_order = ("name", "asc")
    related_views = [StockPeople, StockActivities, StockDeals]


def create() -> Flask:
    """PostgreSQL is where the variables of libpq say."""
    app = Flask(__name__)
    app.config |= {
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "SQLALCHEMY_DATABASE_URI": "postgresql+psycopg://",
        "CSRF_ENABLED": True,
    }
    db = SQLA(app, metadata=Model.metadata)
    with app.app_context():
        appbuilder = AppBuilder(app, db.session)
        for view in (StockPeople, StockActivities, StockDeals, StockCompanies):
            appbuilder.add_view(view, view.__name__, category="CRM")
        db.create_all()
    return app
