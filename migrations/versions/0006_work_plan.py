"""Plans of contacts: rules by cell of the ABC/XYZ matrix, exceptions of the production calendar, what was planned together."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SUBJECTS = {
    "regular": "Плановый контакт с постоянным клиентом",
    "one_time": "Предложить следующую покупку",
    "potential": "Рассказать о нас и нашем предложении",
    "lost": "Узнать, почему ушёл, и вернуть",
}
# How many days pass between two contacts with a client of the cell; the columns are ABC classes, the last is without one.
EVERY_DAYS = {
    ("regular", "X"): (14, 30, 45, 30),
    ("regular", "Y"): (21, 30, 60, 45),
    ("regular", "Z"): (30, 45, 90, 60),
    ("one_time", None): (30, 60, 90, 60),
    ("potential", None): (45, 60, 90, 90),
    ("lost", None): (60, 90, 180, 120),
}
IMPORTANCE = {"A": "high", "B": "normal", "C": "low", None: "normal"}


def cell() -> list[sa.Column]:
    return [
        sa.Column("abc", sa.Enum("A", "B", "C", name="abcclass", native_enum=False, length=20), nullable=True),
        sa.Column(
            "stage",
            sa.Enum("potential", "one_time", "regular", "lost", name="stage", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("xyz", sa.Enum("X", "Y", "Z", name="xyzclass", native_enum=False, length=20), nullable=True),
    ]


def upgrade() -> None:
    kinds = sa.Enum("call", "meeting", "email", "letter", "other", name="contactkind", native_enum=False, length=20)
    levels = sa.Enum("high", "normal", "low", name="importance", native_enum=False, length=20)
    rules = op.create_table(
        "work_plan_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        *cell(),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("kind", kinds, server_default="call", nullable=False),
        sa.Column("importance", levels, server_default="normal", nullable=False),
        sa.Column("subject", sa.String(length=200), server_default="", nullable=False),
        sa.CheckConstraint("(stage = 'regular') = (xyz IS NOT NULL)", name=op.f("ck_work_plan_rule_xyz")),
        sa.CheckConstraint("every_days BETWEEN 1 AND 1000", name=op.f("ck_work_plan_rule_every_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_plan_rule")),
        sa.UniqueConstraint("abc", "stage", "xyz", name="uq_work_plan_rule_cell", postgresql_nulls_not_distinct=True),
    )
    op.create_table(
        "workday_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("works", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("comment", sa.String(length=200), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workday_exception")),
        sa.UniqueConstraint("day", name=op.f("uq_workday_exception_day")),
    )
    op.create_table(
        "work_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        *cell(),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("made", "already", "recent", "unfit")),
        sa.Column("undone", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f("fk_work_plan_by_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_plan")),
    )
    op.create_index("ix_work_plan_by_id_id", "work_plan", ["by_id", "id"])
    op.add_column("contact", sa.Column("work_plan_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_contact_work_plan_id_work_plan"), "contact", "work_plan", ["work_plan_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(
        "ix_contact_work_plan_id",
        "contact",
        ["work_plan_id"],
        postgresql_where=sa.text("work_plan_id IS NOT NULL"),
    )
    op.bulk_insert(
        rules,
        [
            {
                "abc": abc,
                "stage": stage,
                "xyz": xyz,
                "every_days": every_days,
                "kind": "email" if importance == "low" and xyz != "X" else "call",
                "importance": importance,
                "subject": SUBJECTS[stage],
            }
            for place, (abc, importance) in enumerate(IMPORTANCE.items())
            for (stage, xyz), days in EVERY_DAYS.items()
            for every_days in [days[place]]
        ],
    )


def downgrade() -> None:
    op.drop_index("ix_contact_work_plan_id", table_name="contact")
    op.drop_constraint(op.f("fk_contact_work_plan_id_work_plan"), "contact", type_="foreignkey")
    op.drop_column("contact", "work_plan_id")
    op.drop_index("ix_work_plan_by_id_id", table_name="work_plan")
    op.drop_table("work_plan")
    op.drop_table("workday_exception")
    op.drop_table("work_plan_rule")
