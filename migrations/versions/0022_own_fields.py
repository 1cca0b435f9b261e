"""Own fields: what an administrator adds to rows, and the column that keeps their values."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("counterparty", "contact_person", "item", "buyer_order", "contact")
WORDS = "jsonb_to_tsvector('simple'::regconfig, replace(replace(own::text, 'ё', 'е'), 'Ё', 'Е')::jsonb, '[\"string\"]')"


def upgrade() -> None:
    texts = postgresql.ARRAY(sa.Text())
    roles = postgresql.ARRAY(sa.String(length=64))
    op.create_table(
        "own_field",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", texts, server_default="{}", nullable=False),
        sa.Column("group_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="100", nullable=False),
        sa.Column("hint", sa.String(length=300), server_default="", nullable=False),
        sa.Column("is_required", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("default_text", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("seen_by", roles, server_default="{}", nullable=False),
        sa.Column("changed_by", roles, server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,39}$'", name=op.f("ck_own_field_key")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_own_field_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_field")),
        sa.UniqueConstraint("owner", "key", name=op.f("uq_own_field_owner_key")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_own_field_owner_name")),
    )
    op.execute(
        "CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON own_field"
        " FOR EACH STATEMENT EXECUTE FUNCTION rights_changed()"
    )
    for table in TABLES:
        op.add_column(table, sa.Column("own", postgresql.JSONB(), server_default="{}", nullable=False))
        op.execute(f"CREATE INDEX ix_{table}_own ON {table} USING gin (own jsonb_path_ops)")
        op.execute(f"CREATE INDEX ix_{table}_own_words ON {table} USING gin (({WORDS}))")


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "own")
    op.drop_table("own_field")
