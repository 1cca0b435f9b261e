"""Keys by which programs come to REST, each with its own rights."""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

TABLE = "program_key"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("name", name=op.f(f"uq_{TABLE}_name")),
        sa.UniqueConstraint("hash", name=op.f(f"uq_{TABLE}_hash")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f(f"fk_{TABLE}_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["ab_role.id"], name=op.f(f"fk_{TABLE}_role_id_ab_role"), ondelete="CASCADE"
        ),
    )
    for column in ("user_id", "role_id"):
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column])


def downgrade() -> None:
    op.drop_table(TABLE)
