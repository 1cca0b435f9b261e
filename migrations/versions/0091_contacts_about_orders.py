"""A contact may be about an order, not only be the offer that it came of."""

from alembic import op

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None

NAME = "ck_contact_order_of_accepted"
ACCEPTED = "order_id IS NULL OR {}coalesce(outcome, '') = 'accepted'"


def upgrade() -> None:
    op.drop_constraint(op.f(NAME), "contact")
    op.create_check_constraint(op.f(NAME), "contact", ACCEPTED.format("NOT is_offer OR "))


def downgrade() -> None:
    op.execute("UPDATE contact SET order_id = NULL WHERE order_id IS NOT NULL AND NOT is_offer")
    op.drop_constraint(op.f(NAME), "contact")
    op.create_check_constraint(op.f(NAME), "contact", ACCEPTED.format(""))
