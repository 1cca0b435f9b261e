"""Mailboxes, letters, their way out, drafts and templates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
        sa.UniqueConstraint("sha256", name=op.f("uq_blob_sha256")),
    )
    op.create_table(
        "letter_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=500), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_template")),
        sa.UniqueConstraint("name", name=op.f("uq_letter_template_name")),
    )
    op.create_table(
        "letter_thread",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=500), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_thread")),
    )
    op.create_table(
        "mailbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("is_company", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=150), server_default="", nullable=False),
        sa.Column("login", sa.String(length=320), server_default="", nullable=False),
        sa.Column("sealed_password", sa.LargeBinary(), nullable=True),
        sa.Column("smtp_host", sa.String(length=255), server_default="", nullable=False),
        sa.Column("smtp_port", sa.Integer(), server_default="465", nullable=False),
        sa.Column("smtp_security", sa.String(length=20), server_default="tls", nullable=False),
        sa.Column("imap_host", sa.String(length=255), server_default="", nullable=False),
        sa.Column("imap_port", sa.Integer(), server_default="993", nullable=False),
        sa.Column("imap_security", sa.String(length=20), server_default="tls", nullable=False),
        sa.Column("own_certificate", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("signature", sa.Text(), server_default="", nullable=False),
        sa.Column("everybody_sends", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("pace", sa.Integer(), server_default="200", nullable=False),
        sa.Column("stopped", sa.String(length=500), server_default="", nullable=False),
        sa.Column("fetch_from", sa.Date(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetching_stopped", sa.String(length=500), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("NOT is_company OR owner_id IS NULL", name=op.f("ck_mailbox_company_is_shared")),
        sa.CheckConstraint("pace BETWEEN 1 AND 100000", name=op.f("ck_mailbox_pace")),
        sa.CheckConstraint(
            "smtp_port BETWEEN 1 AND 65535 AND imap_port BETWEEN 1 AND 65535", name=op.f("ck_mailbox_ports")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["ab_user.id"], name=op.f("fk_mailbox_owner_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
    )
    op.create_index(
        "ix_mailbox_owner_id", "mailbox", ["owner_id"], unique=False, postgresql_where=sa.text("owner_id IS NOT NULL")
    )
    op.create_index("uq_mailbox_address", "mailbox", [sa.literal_column("lower(address)")], unique=True)
    op.create_index(
        "uq_mailbox_company", "mailbox", ["is_company"], unique=True, postgresql_where=sa.text("is_company")
    )
    op.create_table(
        "mailbox_folder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_mailbox_folder_mailbox_id_mailbox"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_folder")),
        sa.UniqueConstraint("mailbox_id", "name", name=op.f("uq_mailbox_folder_mailbox_id_name")),
    )
    op.create_table(
        "mailbox_right",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("reads", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("sends", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_mailbox_right_mailbox_id_mailbox"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_mailbox_right_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_right")),
        sa.UniqueConstraint("mailbox_id", "user_id", name=op.f("uq_mailbox_right_mailbox_id_user_id")),
    )
    op.create_index("ix_mailbox_right_user_id", "mailbox_right", ["user_id"], unique=False)
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=500), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("direction", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="letter", nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(length=500), server_default="", nullable=False),
        sa.Column("sender", sa.String(length=320), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("in_reply_to", sa.String(length=500), server_default="", nullable=False),
        sa.Column("references", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("size", sa.Integer(), server_default="0", nullable=False),
        sa.Column("file_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("(direction = 'in') = (state = 'received')", name=op.f("ck_letter_state_of_direction")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["ab_user.id"], name=op.f("fk_letter_author_id_ab_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_letter_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_letter_mailbox_id_mailbox"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["letter_thread.id"], name=op.f("fk_letter_thread_id_letter_thread"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("message_id", name=op.f("uq_letter_message_id")),
    )
    op.create_index("ix_letter_at_id", "letter", ["at", "id"], unique=False)
    op.create_index(
        "ix_letter_author_id_at_id",
        "letter",
        ["author_id", "at", "id"],
        unique=False,
        postgresql_where=sa.text("author_id IS NOT NULL"),
    )
    op.create_index("ix_letter_changed_at", "letter", ["changed_at"], unique=False, postgresql_using="brin")
    op.create_index(
        "ix_letter_contact_id",
        "letter",
        ["contact_id"],
        unique=False,
        postgresql_where=sa.text("contact_id IS NOT NULL"),
    )
    op.create_index("ix_letter_mailbox_id_at_id", "letter", ["mailbox_id", "at", "id"], unique=False)
    op.create_index("ix_letter_thread_id_at_id", "letter", ["thread_id", "at", "id"], unique=False)
    op.create_index(
        "ix_letter_unsent",
        "letter",
        ["state", "at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'dead')"),
    )
    op.create_table(
        "letter_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("to", sa.Text(), server_default="", nullable=False),
        sa.Column("cc", sa.Text(), server_default="", nullable=False),
        sa.Column("bcc", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("reply_to_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["ab_user.id"], name=op.f("fk_letter_draft_author_id_ab_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_letter_draft_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_letter_draft_counterparty_id_counterparty"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_letter_draft_mailbox_id_mailbox"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["contact_person.id"],
            name=op.f("fk_letter_draft_person_id_contact_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["reply_to_id"], ["letter.id"], name=op.f("fk_letter_draft_reply_to_id_letter"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_draft")),
    )
    op.create_index("ix_letter_draft_author_id_changed_at", "letter_draft", ["author_id", "changed_at"], unique=False)
    op.create_index(op.f("ix_letter_draft_contact_id"), "letter_draft", ["contact_id"], unique=False)
    op.create_index(op.f("ix_letter_draft_counterparty_id"), "letter_draft", ["counterparty_id"], unique=False)
    op.create_index(op.f("ix_letter_draft_person_id"), "letter_draft", ["person_id"], unique=False)
    op.create_index(op.f("ix_letter_draft_reply_to_id"), "letter_draft", ["reply_to_id"], unique=False)
    op.create_table(
        "letter_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("blob_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("mime", sa.String(length=150), nullable=False),
        sa.Column("size", sa.Integer(), server_default="0", nullable=False),
        sa.Column("content_id", sa.String(length=255), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_letter_file_blob_id_blob")),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_letter_file_letter_id_letter"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_file")),
    )
    op.create_index("ix_letter_file_blob_id", "letter_file", ["blob_id"], unique=False)
    op.create_index("ix_letter_file_letter_id", "letter_file", ["letter_id"], unique=False)
    op.create_table(
        "letter_party",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=320), server_default="", nullable=False),
        sa.Column("name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"], ["counterparty.id"], name=op.f("fk_letter_party_counterparty_id_counterparty")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_letter_party_letter_id_letter"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["contact_person.id"],
            name=op.f("fk_letter_party_person_id_contact_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_party")),
    )
    op.create_index("ix_letter_party_address", "letter_party", [sa.literal_column("lower(address)")], unique=False)
    op.create_index(
        "ix_letter_party_counterparty_id_at",
        "letter_party",
        ["counterparty_id", "at", "letter_id"],
        unique=False,
        postgresql_where=sa.text("counterparty_id IS NOT NULL"),
    )
    op.create_index("ix_letter_party_letter_id", "letter_party", ["letter_id"], unique=False)
    op.create_index(
        "ix_letter_party_person_id_at",
        "letter_party",
        ["person_id", "at", "letter_id"],
        unique=False,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_table(
        "letter_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("folder_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["folder_id"],
            ["mailbox_folder.id"],
            name=op.f("fk_letter_place_folder_id_mailbox_folder"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_letter_place_letter_id_letter"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_letter_place_mailbox_id_mailbox"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_place")),
        sa.UniqueConstraint("folder_id", "uid", name=op.f("uq_letter_place_folder_id_uid")),
    )
    op.create_index("ix_letter_place_letter_id", "letter_place", ["letter_id"], unique=False)
    op.create_index("ix_letter_place_mailbox_id", "letter_place", ["mailbox_id"], unique=False)
    op.create_table(
        "letter_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_letter_source_letter_id_letter"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_source")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_letter_source_letter_id")),
    )
    op.create_table(
        "outgoing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_by", sa.Uuid(), nullable=True),
        sa.Column("first_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("may_have_arrived", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_outgoing_letter_id_letter"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_outgoing_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_outgoing_letter_id")),
    )
    op.create_index(
        "ix_outgoing_due",
        "outgoing",
        ["next_try_at", "id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index("ix_outgoing_mailbox_id", "outgoing", ["mailbox_id"], unique=False)
    op.create_table(
        "letter_draft_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("blob_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("mime", sa.String(length=150), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_letter_draft_file_blob_id_blob")),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["letter_draft.id"],
            name=op.f("fk_letter_draft_file_draft_id_letter_draft"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_draft_file")),
    )
    op.create_index("ix_letter_draft_file_blob_id", "letter_draft_file", ["blob_id"], unique=False)
    op.create_index("ix_letter_draft_file_draft_id", "letter_draft_file", ["draft_id"], unique=False)
    op.add_column("user_profile", sa.Column("own_mail_program", sa.Boolean(), nullable=True))
    op.add_column(
        "user_profile",
        sa.Column("by_letter", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    # Notices go out of it; without a server to send by it shows what would.
    op.execute("INSERT INTO mailbox (is_company, address, everybody_sends) VALUES (true, 'crm@localhost', true)")
    op.execute("CREATE TRIGGER changed_at BEFORE UPDATE ON letter FOR EACH ROW EXECUTE FUNCTION keep_changed_at()")


def downgrade() -> None:
    op.drop_column("user_profile", "by_letter")
    op.drop_column("user_profile", "own_mail_program")
    for table in (
        "letter_draft_file",
        "outgoing",
        "letter_source",
        "letter_place",
        "letter_party",
        "letter_file",
        "letter_draft",
        "letter",
        "mailbox_right",
        "mailbox_folder",
        "mailbox",
        "letter_thread",
        "letter_template",
        "blob",
    ):
        op.drop_table(table)
