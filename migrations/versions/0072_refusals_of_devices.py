"""What came from devices and was not taken."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_refusal",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("href", sa.String(255), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(20)),
        sa.Column("row_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_device_refusal_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("user_id", "kind", "href", name=op.f("uq_device_refusal_user_id_kind_href")),
    )


def downgrade() -> None:
    op.drop_table("device_refusal")
