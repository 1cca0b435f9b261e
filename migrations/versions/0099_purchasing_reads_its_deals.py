"""Purchasing specialists read the current deals and the reasons of closing, which tell of orders to suppliers too."""

from alembic import op

revision = "0099"
down_revision = "0098"
branch_labels = None
depends_on = None

# A base that is new has neither roles nor rights yet: they are written with it.
GRANT = """
    INSERT INTO ab_permission_view_role (permission_view_id, role_id)
    SELECT ab_permission_view.id, ab_role.id FROM ab_permission_view
    JOIN ab_permission ON ab_permission.id = permission_id AND ab_permission.name = 'can_read'
    JOIN ab_view_menu ON ab_view_menu.id = view_menu_id
        AND ab_view_menu.name IN ('Report deals', 'Report order-closing')
    JOIN ab_role ON ab_role.name = 'Purchasing specialist'
    ON CONFLICT DO NOTHING"""


def upgrade() -> None:
    op.execute(GRANT)


def downgrade() -> None:
    """Rights are the administrator's."""
