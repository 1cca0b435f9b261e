"""Consents to keep personal data."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(300), nullable=False),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("by_id", sa.Integer()),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("withdrawn_on >= given_on", name=op.f("ck_consent_withdrawn_after_given")),
        sa.CheckConstraint("source <> ''", name=op.f("ck_consent_source")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["contact_person.id"], name=op.f("fk_consent_person_id_contact_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f("fk_consent_by_id_ab_user"), ondelete="SET NULL"),
    )
    op.create_index("ix_consent_person_id_given_on", "consent", ["person_id", "given_on"])
    op.create_index("ix_consent_given_on_id", "consent", ["given_on", "id"])
    op.create_index("ix_consent_by_id", "consent", ["by_id"])


def downgrade() -> None:
    op.drop_table("consent")
