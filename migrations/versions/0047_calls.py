"""Calls that a telephone exchange tells of: keys for it, extensions of users, recordings."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inquiry_key", sa.Column("for_calls", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("user_profile", sa.Column("extension", sa.String(length=20), nullable=True))
    op.create_unique_constraint(op.f("uq_user_profile_extension"), "user_profile", ["extension"])
    op.add_column("contact", sa.Column("recording", sa.String(length=500), server_default="", nullable=False))
    op.create_table(
        "phone_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=50), nullable=False),
        sa.Column("direction", sa.String(length=20), nullable=False),
        sa.Column("rings_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_phone_call_{column}_{table}"), ondelete=ondelete
            )
            for column, table, ondelete in (
                ("key_id", "inquiry_key", "CASCADE"),
                ("user_id", "ab_user", "CASCADE"),
                ("contact_id", "contact", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_call")),
        sa.UniqueConstraint("key_id", "call_id", name=op.f("uq_phone_call_key_id_call_id")),
    )
    op.create_index(
        "ix_phone_call_ringing",
        "phone_call",
        ["user_id", "rings_since"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_phone_call_contact_id", "phone_call", ["contact_id"], postgresql_where=sa.text("contact_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_table("phone_call")
    op.drop_column("contact", "recording")
    op.drop_constraint(op.f("uq_user_profile_extension"), "user_profile", type_="unique")
    op.drop_column("user_profile", "extension")
    op.drop_column("inquiry_key", "for_calls")
