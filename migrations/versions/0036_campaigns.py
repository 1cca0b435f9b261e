"""Campaigns have a period, a budget, a window, somebody responsible, and sources with their own costs."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("begins", sa.Date(), nullable=True))
    op.add_column("campaign", sa.Column("ends", sa.Date(), nullable=True))
    op.add_column("campaign", sa.Column("window_days", sa.Integer(), server_default="60", nullable=False))
    op.add_column("campaign", sa.Column("budget", sa.Numeric(15, 2), nullable=True))
    op.add_column("campaign", sa.Column("manager_id", sa.Integer(), nullable=True))
    op.add_column("campaign", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_foreign_key(op.f("fk_campaign_manager_id_ab_user"), "campaign", "ab_user", ["manager_id"], ["id"])
    whose = sa.text("manager_id IS NOT NULL")
    op.create_index("ix_campaign_manager_id", "campaign", ["manager_id"], postgresql_where=whose)
    for name, rule in (
        ("ends_after_begin", "ends >= begins"),
        ("window_days", "window_days BETWEEN 1 AND 3650"),
        ("budget", "budget >= 0"),
    ):
        op.create_check_constraint(op.f(f"ck_campaign_{name}"), "campaign", rule)
    op.create_table(
        "campaign_cost",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("cost", sa.Numeric(15, 2), server_default="0", nullable=False),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_campaign_cost_cost")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_cost_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["information_source.id"], name=op.f("fk_campaign_cost_source_id_information_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_cost")),
        sa.UniqueConstraint(
            "campaign_id",
            "source_id",
            name=op.f("uq_campaign_cost_campaign_id_source_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    of_source = sa.text("source_id IS NOT NULL")
    op.create_index("ix_campaign_cost_source_id", "campaign_cost", ["source_id"], postgresql_where=of_source)
    op.execute("INSERT INTO campaign_cost (campaign_id) SELECT id FROM campaign ORDER BY id")
    op.execute("""
        CREATE FUNCTION campaign_cost_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('vizavi.undoing', true) = 'on' THEN RETURN NULL; END IF;
            INSERT INTO campaign_cost (campaign_id) SELECT id FROM added ORDER BY id;
            RETURN NULL;
        END $$""")
    op.execute(
        "CREATE TRIGGER campaign_cost_of_new AFTER INSERT ON campaign REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION campaign_cost_of_new()"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION campaign_cost_of_new() CASCADE")
    op.drop_table("campaign_cost")
    op.drop_index("ix_campaign_manager_id", "campaign")
    for name in ("version", "manager_id", "budget", "window_days", "ends", "begins"):
        op.drop_column("campaign", name)
