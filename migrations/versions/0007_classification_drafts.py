"""Drafts of classification are called so in the base too."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = (("proposal", "classification_draft"), ("proposal_row", "classification_draft_row"))
INDEXES = (
    ("ix_proposal_by_id", "ix_classification_draft_by_id"),
    ("ix_proposal_row_proposal_id_counterparty_id", "ix_classification_draft_row_draft_id_counterparty_id"),
    ("ix_proposal_row_counterparty_id", "ix_classification_draft_row_counterparty_id"),
)
CONSTRAINTS = (  # by the table as it is called now
    ("classification_draft", "pk_proposal", "pk_classification_draft"),
    ("classification_draft", "fk_proposal_by_id_ab_user", "fk_classification_draft_by_id_ab_user"),
    ("classification_draft_row", "pk_proposal_row", "pk_classification_draft_row"),
    (
        "classification_draft_row",
        "fk_proposal_row_proposal_id_proposal",
        "fk_classification_draft_row_draft_id_classification_draft",
    ),
    (
        "classification_draft_row",
        "fk_proposal_row_counterparty_id_counterparty",
        "fk_classification_draft_row_counterparty_id_counterparty",
    ),
)


def upgrade() -> None:
    for old, new in TABLES:
        op.rename_table(old, new)
        op.execute(f"ALTER SEQUENCE {old}_id_seq RENAME TO {new}_id_seq")
    op.alter_column("classification_draft_row", "proposal_id", new_column_name="draft_id")
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")


def downgrade() -> None:
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old}")
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    op.alter_column("classification_draft_row", "draft_id", new_column_name="proposal_id")
    for old, new in reversed(TABLES):
        op.rename_table(new, old)
        op.execute(f"ALTER SEQUENCE {new}_id_seq RENAME TO {old}_id_seq")
