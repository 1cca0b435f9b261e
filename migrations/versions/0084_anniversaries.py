"""Days of clients that are told of each year."""

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("own_field", sa.Column("told_days", sa.Integer()))
    op.create_check_constraint(
        op.f("ck_own_field_told_days"),
        "own_field",
        "told_days IS NULL OR told_days BETWEEN 0 AND 60 AND owner = 'counterparty' AND kind = 'date'",
    )


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE kind = 'anniversary'")
    op.drop_column("own_field", "told_days")
