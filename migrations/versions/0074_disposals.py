"""How long each kind of data is kept, and what was destroyed."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

TERMS = (  # of the policy: the greatest, and what holds until somebody says otherwise; None: for ever
    ("letters_months", 1200, None),
    ("inquiries_months", 1200, None),
    ("files_days", 3650, "30"),
    ("backup_weeks", 520, "5"),
)


def upgrade() -> None:
    op.create_table(
        "disposal",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("before", sa.Date()),
        sa.Column("by_id", sa.Integer()),
        sa.Column("person_id", sa.Integer()),
        sa.Column("client_code", sa.String(length=50), server_default="", nullable=False),
    )
    op.create_index("ix_disposal_at_id", "disposal", ["at", "id"])
    op.create_index("ix_disposal_kind_at", "disposal", ["kind", "at"])
    for name, most, usual in TERMS:
        op.add_column("policy", sa.Column(name, sa.Integer(), server_default=usual, nullable=usual is None))
        op.create_check_constraint(name, "policy", f"{name} BETWEEN 1 AND {most}")


def downgrade() -> None:
    for name, _most, _usual in TERMS:
        op.drop_column("policy", name)
    op.drop_table("disposal")
