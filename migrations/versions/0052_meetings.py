"""Meetings: their place, who takes part, what invitations said."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

PARTICIPANT = "contact_participant"
INVITATION = "meeting_invitation"


def upgrade() -> None:
    op.add_column("contact", sa.Column("place", sa.String(length=200), server_default="", nullable=False))
    op.create_table(
        PARTICIPANT,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer()),
        sa.Column("user_id", sa.Integer()),
        sa.Column("answer", sa.String(length=20)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_{PARTICIPANT}_{column}_{table}"), ondelete="CASCADE"
            )
            for column, table in (("contact_id", "contact"), ("person_id", "contact_person"), ("user_id", "ab_user"))
        ),
        sa.UniqueConstraint("contact_id", "person_id", name=op.f(f"uq_{PARTICIPANT}_contact_id_person_id")),
        sa.UniqueConstraint("contact_id", "user_id", name=op.f(f"uq_{PARTICIPANT}_contact_id_user_id")),
        sa.CheckConstraint("(person_id IS NULL) <> (user_id IS NULL)", name=op.f(f"ck_{PARTICIPANT}_person_or_user")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f(f"ck_{PARTICIPANT}_moment_of_answer")),
    )
    op.create_index(
        f"ix_{PARTICIPANT}_person_id", PARTICIPANT, ["person_id"], postgresql_where=sa.text("person_id IS NOT NULL")
    )
    op.create_index(
        f"ix_{PARTICIPANT}_user_id",
        PARTICIPANT,
        ["user_id", "contact_id"],
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
    op.create_table(
        INVITATION,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=100), nullable=False),
        sa.Column("organizer", sa.String(length=320), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("told", sa.ARRAY(sa.String()), server_default="{}", nullable=False),
        sa.Column("what", sa.String(length=200), server_default="", nullable=False),
        sa.Column("place", sa.String(length=200), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f(f"fk_{INVITATION}_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("contact_id", name=op.f(f"uq_{INVITATION}_contact_id")),
        sa.UniqueConstraint("uid", name=op.f(f"uq_{INVITATION}_uid")),
    )


def downgrade() -> None:
    op.drop_table(INVITATION)
    op.drop_table(PARTICIPANT)
    op.drop_column("contact", "place")
