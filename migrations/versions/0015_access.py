"""Logins one by one, the second factor, and a stamp that changes with everybody's rights."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# What the kept users hang on. Of ab_user not the columns that every login changes.
WATCHED = {
    "ab_user": "UPDATE OF active, username, first_name, last_name, email, password OR DELETE",
    "policy": "UPDATE",
    "second_factor": "INSERT OR UPDATE OF secret OR DELETE",
} | dict.fromkeys(
    (
        "ab_user_role",
        "ab_role",
        "ab_user_group",
        "ab_group",
        "ab_group_role",
        "ab_permission",
        "ab_view_menu",
        "ab_permission_view",
        "ab_permission_view_role",
        "user_profile",
        "role_rule",
    ),
    "INSERT OR UPDATE OR DELETE",
)


def upgrade() -> None:
    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("is_program", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("agent", sa.String(length=200), server_default="", nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_login_session_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
    )
    op.create_index("ix_login_session_user_id", "login_session", ["user_id"])
    op.create_table(
        "role_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["ab_role.id"], name=op.f("fk_role_rule_role_id_ab_role"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_rule")),
        sa.UniqueConstraint("role_id", name=op.f("uq_role_rule_role_id")),
    )
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("last_step", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_second_factor_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("user_id", name=op.f("uq_second_factor_user_id")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_recovery_code_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("hash", name=op.f("uq_recovery_code_hash")),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"])
    op.create_table(
        "rights_stamp",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=36), server_default=sa.text("gen_random_uuid()::text"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_rights_stamp_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_stamp")),
    )
    op.execute("INSERT INTO rights_stamp (id) VALUES (1)")
    # A new random value, not the next number: one that was rolled back never comes again.
    op.execute(
        "CREATE FUNCTION rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN UPDATE rights_stamp SET value = gen_random_uuid()::text; RETURN NULL; END $$"
    )
    for table, events in WATCHED.items():
        op.execute(
            f"CREATE TRIGGER rights_changed AFTER {events} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION rights_changed()"
        )


def downgrade() -> None:
    for table in WATCHED:
        op.execute(f"DROP TRIGGER rights_changed ON {table}")
    op.execute("DROP FUNCTION rights_changed")
    for table in ("rights_stamp", "recovery_code", "second_factor", "role_rule", "login_session"):
        op.drop_table(table)
