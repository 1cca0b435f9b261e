"""Our organisation, in one row, and its accounts in banks."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

TEXTS = (
    ("name", 200),
    ("full_name", 500),
    ("inn", 12),
    ("kpp", 9),
    ("ogrn", 15),
    ("address", 500),
    ("phone", 100),
    ("email", 320),
    ("website", 200),
    ("head_position", 100),
    ("head_name", 100),
    ("accountant_name", 100),
)


def upgrade() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), primary_key=True),
        *(sa.Column(name, sa.String(length), server_default="", nullable=False) for name, length in TEXTS),
        sa.Column("logo_id", sa.Integer()),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_organisation_one_row")),
        sa.ForeignKeyConstraint(["logo_id"], ["blob.id"], name=op.f("fk_organisation_logo_id_blob")),
    )
    op.create_index("ix_organisation_logo_id", "organisation", ["logo_id"])
    op.execute("INSERT INTO organisation (id) VALUES (1)")
    op.create_table(
        "bank_account",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("organisation_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("bic", sa.String(9), nullable=False),
        sa.Column("bank", sa.String(200), nullable=False),
        sa.Column("correspondent", sa.String(20), server_default="", nullable=False),
        sa.Column("is_main", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_bank_account_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("bic", "number", name=op.f("uq_bank_account_number")),
    )
    op.create_index("ix_bank_account_organisation_id", "bank_account", ["organisation_id"])
    op.create_index(
        "uq_bank_account_is_main", "bank_account", ["is_main"], unique=True, postgresql_where=sa.text("is_main")
    )


def downgrade() -> None:
    op.drop_table("bank_account")
    op.drop_table("organisation")
