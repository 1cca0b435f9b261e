"""What a user's calendar is narrowed by stands in the indexes of planned contacts."""

from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_contact_planned": (["manager_id", "starts_at", "id"], ["importance", "direction", "kind", "counterparty_id"]),
    "ix_contact_planned_all": (
        ["starts_at", "id"],
        ["manager_id", "importance", "direction", "kind", "counterparty_id"],
    ),
}


def upgrade() -> None:
    for name, (columns, beside) in INDEXES.items():
        op.drop_index(name, table_name="contact")
        op.create_index(name, "contact", columns, postgresql_include=beside, postgresql_where="state = 'planned'")


def downgrade() -> None:
    for name, (columns, _beside) in INDEXES.items():
        op.drop_index(name, table_name="contact")
        op.create_index(name, "contact", columns, postgresql_where="state = 'planned'")
