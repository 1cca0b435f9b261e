"""What was offered and what came of it; kinds of information sources and of campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SOURCES = sa.Enum(
    "publication", "site", "exhibition", "referral", "other", name="sourcekind", native_enum=False, length=20
)
CAMPAIGNS = sa.Enum(
    "advertising", "calls", "exhibition", "mailing", "other", name="campaignkind", native_enum=False, length=20
)
OUTCOMES = sa.Enum("accepted", "thinking", "refused", "no_answer", name="offeroutcome", native_enum=False, length=20)
CHECKS = {
    "outcome_of_offer": "outcome IS NULL OR is_offer",
    "reason_of_refusal": "(coalesce(outcome, '') = 'refused') = (reason <> '')",
    "order_of_accepted": "order_id IS NULL OR coalesce(outcome, '') = 'accepted'",
}


def upgrade() -> None:
    op.add_column("information_source", sa.Column("kind", SOURCES, server_default="other", nullable=False))
    op.add_column("campaign", sa.Column("kind", CAMPAIGNS, server_default="other", nullable=False))
    op.add_column("contact", sa.Column("is_offer", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("contact", sa.Column("outcome", OUTCOMES, nullable=True))
    op.add_column("contact", sa.Column("reason", sa.String(200), server_default="", nullable=False))
    op.add_column("contact", sa.Column("order_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_contact_order_id_buyer_order"), "contact", "buyer_order", ["order_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(
        "ix_contact_offers", "contact", ["outcome", "starts_at", "id"], postgresql_where=sa.text("is_offer")
    )
    op.create_index("ix_contact_order_id", "contact", ["order_id"], postgresql_where=sa.text("order_id IS NOT NULL"))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_contact_{name}"), "contact", condition)


def downgrade() -> None:
    for name in ("order_id", "reason", "outcome", "is_offer"):
        op.drop_column("contact", name)
    op.drop_column("campaign", "kind")
    op.drop_column("information_source", "kind")
