"""Letters that come in: what is still to be dealt with, invitations, search, addresses that letters come back from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

ACCENTED, PLAIN = "àáâãäåāçćčèéêëēęìíîïīñńòóôõöøōùúûüūýÿžżšś", "aaaaaaaccceeeeeeiiiiinnooooooouuuuuyyzzss"


def folded(expression: str) -> str:
    return f"lower(replace(replace({expression}, 'ё', 'е'), 'Ё', 'Е'))"


def upgrade() -> None:
    searched = folded("subject || ' ' || left(text, 100000)")
    words = f"to_tsvector('russian'::regconfig, {searched})"
    op.add_column("letter", sa.Column("pending_from", sa.Date(), nullable=True))
    op.add_column("letter", sa.Column("fault", sa.String(length=20), nullable=True))
    op.add_column(
        "letter", sa.Column("words", postgresql.TSVECTOR(), sa.Computed(words, persisted=True), nullable=True)
    )
    op.create_index(
        "ix_letter_pending", "letter", ["pending_from", "id"], postgresql_where=sa.text("pending_from IS NOT NULL")
    )
    op.create_index("ix_letter_references", "letter", ["references"], postgresql_using="gin")
    op.create_index("ix_letter_words", "letter", ["words"], postgresql_using="gin")

    named = folded("name || ' ' || address")
    text = f"translate({named}, '{ACCENTED}', '{PLAIN}')"
    apart = f"regexp_replace({text}, '[^[:alnum:]]+', ' ', 'g')"
    whole = f"regexp_replace({text}, '[^[:alnum:][:space:]]+', '', 'g')"
    words = f"to_tsvector('simple'::regconfig, {apart} || ' ' || {whole})"
    op.add_column(
        "letter_party", sa.Column("words", postgresql.TSVECTOR(), sa.Computed(words, persisted=True), nullable=True)
    )
    op.create_index("ix_letter_party_words", "letter_party", ["words"], postgresql_using="gin")

    op.add_column("outgoing", sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_outgoing_unfiled",
        "outgoing",
        ["mailbox_id", "id"],
        postgresql_where=sa.text("sent_at IS NOT NULL AND filed_at IS NULL"),
    )
    op.add_column("mailbox_folder", sa.Column("letters", sa.Integer(), server_default="0", nullable=False))
    op.add_column("mailbox_folder", sa.Column("left_out", sa.Integer(), server_default="0", nullable=False))
    op.add_column("contact_info", sa.Column("returned_on", sa.Date(), nullable=True))
    op.add_column("contact_info", sa.Column("returned_words", sa.String(length=500), server_default="", nullable=False))

    op.create_table(
        "letter_invite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=500), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.String(length=200), server_default="", nullable=False),
        sa.Column("place", sa.String(length=200), server_default="", nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_letter_invite_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_letter_invite_letter_id_letter"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_invite")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_letter_invite_letter_id")),
    )
    op.create_index("ix_letter_invite_uid", "letter_invite", ["uid"])
    op.create_index(
        "ix_letter_invite_contact_id",
        "letter_invite",
        ["contact_id"],
        postgresql_where=sa.text("contact_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("letter_invite")
    op.drop_column("contact_info", "returned_words")
    op.drop_column("contact_info", "returned_on")
    op.drop_column("mailbox_folder", "left_out")
    op.drop_column("mailbox_folder", "letters")
    op.drop_index("ix_outgoing_unfiled", "outgoing")
    op.drop_column("outgoing", "filed_at")
    op.drop_column("letter_party", "words")
    op.drop_column("letter", "words")
    op.drop_index("ix_letter_references", "letter")
    op.drop_column("letter", "fault")
    op.drop_column("letter", "pending_from")
