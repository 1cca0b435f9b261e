"""Series of contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_series",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
    )
    op.add_column("contact", sa.Column("series_id", sa.Integer()))
    op.create_foreign_key(
        op.f("fk_contact_series_id_contact_series"),
        "contact",
        "contact_series",
        ["series_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(
        "ix_contact_series_id",
        "contact",
        ["series_id", "starts_at"],
        postgresql_where=sa.text("series_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_column("contact", "series_id")
    op.drop_table("contact_series")
