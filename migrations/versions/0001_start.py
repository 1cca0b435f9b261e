"""Flask-AppBuilder's tables and ours; the catalogue of contact information, the policy row."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ab_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=150), nullable=True),
        sa.Column("description", sa.String(length=512), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_permission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_register_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("registration_date", sa.DateTime(), nullable=True),
        sa.Column("registration_hash", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "ab_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("last_login", sa.DateTime(), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("fail_login_count", sa.Integer(), nullable=True),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("changed_on", sa.DateTime(), nullable=True),
        sa.Column("created_by_fk", sa.Integer(), nullable=True),
        sa.Column("changed_by_fk", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_fk"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["created_by_fk"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "ab_view_menu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
    )
    op.create_table(
        "contact_info_kind",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "type",
            sa.Enum("address", "phone", "email", "web", "other", name="infotype", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("for_counterparties", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("for_persons", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("position", sa.Integer(), server_default="100", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_info_kind")),
        sa.UniqueConstraint("name", name=op.f("uq_contact_info_kind_name")),
    )
    op.create_table(
        "counterparty_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counterparty_group")),
        sa.UniqueConstraint("name", name=op.f("uq_counterparty_group_name")),
    )
    op.create_table(
        "information_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("valid_days", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_information_source")),
        sa.UniqueConstraint("name", name=op.f("uq_information_source_name")),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=20), server_default="шт", nullable=False),
        sa.Column("group_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("price", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
        sa.Column("cost", sa.Numeric(precision=15, scale=2), nullable=True),
        sa.Column("is_service", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "name_sort",
            sa.String(),
            sa.Computed("lower(replace(replace(name, 'ё', 'е'), 'Ё', 'Е'))", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple'::regconfig, regexp_replace(lower(replace(replace(name, 'ё', 'е'), 'Ё', 'Е')), '[^[:alnum:]]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_item_name")),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_item_cost")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_item_price")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("code", name=op.f("uq_item_code")),
    )
    op.create_index("ix_item_name_sort_id", "item", ["name_sort", "id"], unique=False)
    op.create_index("ix_item_words", "item", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("managers_see_all", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "abc_measure",
            sa.Enum("revenue", "profit", name="measure", native_enum=False, length=20),
            server_default="revenue",
            nullable=False,
        ),
        sa.Column("share_a", sa.Numeric(precision=5, scale=2), server_default="70", nullable=False),
        sa.Column("share_b", sa.Numeric(precision=5, scale=2), server_default="20", nullable=False),
        sa.Column("share_c", sa.Numeric(precision=5, scale=2), server_default="10", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_policy_one_row")),
        sa.CheckConstraint("share_a + share_b + share_c = 100", name=op.f("ck_policy_shares")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
    )
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("mime", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    op.create_table(
        "ab_api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("key_hash", sa.String(length=256), nullable=False),
        sa.Column("lookup_hash", sa.String(length=256), nullable=True),
        sa.Column("key_prefix", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.DateTime(), nullable=True),
        sa.Column("revoked_on", sa.DateTime(), nullable=True),
        sa.Column("last_used_on", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lookup_hash"),
        sa.UniqueConstraint("uuid"),
    )
    op.create_index("idx_api_key_lookup_hash", "ab_api_key", ["lookup_hash"], unique=True)
    op.create_index("idx_api_key_prefix", "ab_api_key", ["key_prefix"], unique=False)
    op.create_index("idx_api_key_user_id", "ab_api_key", ["user_id"], unique=False)
    op.create_table(
        "ab_group_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("group_id", "role_id"),
    )
    op.create_index("idx_group_id", "ab_group_role", ["group_id"], unique=False)
    op.create_index("idx_group_role_id", "ab_group_role", ["role_id"], unique=False)
    op.create_table(
        "ab_permission_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_id", sa.Integer(), nullable=False),
        sa.Column("view_menu_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["permission_id"],
            ["ab_permission.id"],
        ),
        sa.ForeignKeyConstraint(
            ["view_menu_id"],
            ["ab_view_menu.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("permission_id", "view_menu_id"),
    )
    op.create_index("idx_permission_id", "ab_permission_view", ["permission_id"], unique=False)
    op.create_index("idx_view_menu_id", "ab_permission_view", ["view_menu_id"], unique=False)
    op.create_table(
        "ab_user_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "group_id"),
    )
    op.create_index("idx_user_group_id", "ab_user_group", ["group_id"], unique=False)
    op.create_index("idx_user_id", "ab_user_group", ["user_id"], unique=False)
    op.create_table(
        "ab_user_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "role_id"),
    )
    op.create_table(
        "abc_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column(
            "measure", sa.Enum("revenue", "profit", name="measure", native_enum=False, length=20), nullable=False
        ),
        sa.Column("share_a", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("share_b", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("share_c", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("moves", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], name=op.f("fk_abc_run_by_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_abc_run")),
    )
    op.create_index(op.f("ix_abc_run_by_id"), "abc_run", ["by_id"], unique=False)
    op.create_table(
        "counterparty",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("full_name", sa.String(length=400), server_default="", nullable=False),
        sa.Column(
            "kind",
            sa.Enum("company", "person", name="counterpartykind", native_enum=False, length=20),
            server_default="company",
            nullable=False,
        ),
        sa.Column("inn", sa.String(length=12), server_default="", nullable=False),
        sa.Column("kpp", sa.String(length=9), server_default="", nullable=False),
        sa.Column("ogrn", sa.String(length=15), server_default="", nullable=False),
        sa.Column("requisites_accepted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_buyer", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_supplier", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_subcontractor", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_other", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("registered_on", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False),
        sa.Column("needs", sa.Text(), server_default="", nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "name_sort",
            sa.String(),
            sa.Computed("lower(replace(replace(name, 'ё', 'е'), 'Ё', 'Е'))", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple'::regconfig, regexp_replace(lower(replace(replace(name, 'ё', 'е'), 'Ё', 'Е')), '[^[:alnum:]]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_counterparty_name")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["counterparty_group.id"], name=op.f("fk_counterparty_group_id_counterparty_group")
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["ab_user.id"], name=op.f("fk_counterparty_manager_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["information_source.id"], name=op.f("fk_counterparty_source_id_information_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counterparty")),
        sa.UniqueConstraint("code", name=op.f("uq_counterparty_code")),
    )
    op.create_index("ix_counterparty_group_id", "counterparty", ["group_id"], unique=False)
    op.create_index("ix_counterparty_inn", "counterparty", ["inn"], unique=False)
    op.create_index(
        "ix_counterparty_manager_id_name_sort_id", "counterparty", ["manager_id", "name_sort", "id"], unique=False
    )
    op.create_index("ix_counterparty_name_sort_id", "counterparty", ["name_sort", "id"], unique=False)
    op.create_index("ix_counterparty_registered_on_id", "counterparty", ["registered_on", "id"], unique=False)
    op.create_index("ix_counterparty_source_id", "counterparty", ["source_id"], unique=False)
    op.create_index(
        "ix_counterparty_suppliers",
        "counterparty",
        ["name_sort", "id"],
        unique=False,
        postgresql_where=sa.text("is_supplier"),
    )
    op.create_index("ix_counterparty_words", "counterparty", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum("queued", "running", "done", "failed", name="jobstate", native_enum=False, length=20),
            server_default="queued",
            nullable=False,
        ),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("input_id", sa.Integer(), nullable=True),
        sa.Column("output_id", sa.Integer(), nullable=True),
        sa.Column("progress", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["input_id"], ["stored_file.id"], name=op.f("fk_job_input_id_stored_file"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["output_id"], ["stored_file.id"], name=op.f("fk_job_output_id_stored_file"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_job_user_id_ab_user"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_input_id"), "job", ["input_id"], unique=False)
    op.create_index(op.f("ix_job_output_id"), "job", ["output_id"], unique=False)
    op.create_index(
        "ix_job_unfinished", "job", ["id"], unique=False, postgresql_where=sa.text("state IN ('queued', 'running')")
    )
    op.create_index("ix_job_user_id_id", "job", ["user_id", "id"], unique=False)
    op.create_table(
        "user_profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("session_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_user_profile_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_profile")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_profile_user_id")),
    )
    op.create_table(
        "ab_permission_view_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_view_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["permission_view_id"], ["ab_permission_view.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("permission_view_id", "role_id"),
    )
    op.create_index("idx_permission_view_id", "ab_permission_view_role", ["permission_view_id"], unique=False)
    op.create_index("idx_role_id", "ab_permission_view_role", ["role_id"], unique=False)
    op.create_table(
        "abc_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("abc", sa.Enum("A", "B", "C", name="abcclass", native_enum=False, length=20), nullable=True),
        sa.Column("value", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_abc_record_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["abc_run.id"], name=op.f("fk_abc_record_run_id_abc_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_abc_record")),
        sa.UniqueConstraint("run_id", "counterparty_id", name=op.f("uq_abc_record_run_id_counterparty_id")),
    )
    op.create_index(
        "ix_abc_record_counterparty_id_on_date_id", "abc_record", ["counterparty_id", "on_date", "id"], unique=False
    )
    op.create_table(
        "contact_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.Column("first_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("middle_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("position", sa.String(length=150), server_default="", nullable=False),
        sa.Column("role", sa.String(length=100), server_default="", nullable=False),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "name_sort",
            sa.String(),
            sa.Computed(
                "lower(replace(replace(btrim(last_name || ' ' || first_name || ' ' || middle_name), 'ё', 'е'), 'Ё', 'Е'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple'::regconfig, regexp_replace(lower(replace(replace(btrim(last_name || ' ' || first_name || ' ' || middle_name), 'ё', 'е'), 'Ё', 'Е')), '[^[:alnum:]]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("last_name <> ''", name=op.f("ck_contact_person_last_name")),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_contact_person_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_person")),
    )
    op.create_index(
        "ix_contact_person_counterparty_id_name_sort_id",
        "contact_person",
        ["counterparty_id", "name_sort", "id"],
        unique=False,
    )
    op.create_index("ix_contact_person_name_sort_id", "contact_person", ["name_sort", "id"], unique=False)
    op.create_index("ix_contact_person_words", "contact_person", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "buyer_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("ship_on", sa.Date(), nullable=True),
        sa.Column("pay_by", sa.Date(), nullable=True),
        sa.Column("delivery_address", sa.String(length=500), server_default="", nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"], ["counterparty.id"], name=op.f("fk_buyer_order_counterparty_id_counterparty")
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["ab_user.id"], name=op.f("fk_buyer_order_manager_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["contact_person.id"],
            name=op.f("fk_buyer_order_person_id_contact_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_order")),
        sa.UniqueConstraint("number", name=op.f("uq_buyer_order_number")),
    )
    op.create_index(
        "ix_buyer_order_counterparty_id_date_id", "buyer_order", ["counterparty_id", "date", "id"], unique=False
    )
    op.create_index("ix_buyer_order_date_id", "buyer_order", ["date", "id"], unique=False)
    op.create_index("ix_buyer_order_manager_id_date_id", "buyer_order", ["manager_id", "date", "id"], unique=False)
    op.create_index("ix_buyer_order_person_id", "buyer_order", ["person_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("prospect", sa.String(length=200), server_default="", nullable=False),
        sa.Column("prospect_person", sa.String(length=200), server_default="", nullable=False),
        sa.Column("prospect_phone", sa.String(length=50), server_default="", nullable=False),
        sa.Column("prospect_tail", sa.String(length=30), server_default="", nullable=False),
        sa.Column("prospect_email", sa.String(length=200), server_default="", nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("call", "meeting", "email", "letter", "other", name="contactkind", native_enum=False, length=20),
            server_default="call",
            nullable=False,
        ),
        sa.Column(
            "direction",
            sa.Enum("in", "out", name="direction", native_enum=False, length=20),
            server_default="out",
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("planned", "done", "cancelled", name="contactstate", native_enum=False, length=20),
            server_default="planned",
            nullable=False,
        ),
        sa.Column(
            "importance",
            sa.Enum("high", "normal", "low", name="importance", native_enum=False, length=20),
            server_default="normal",
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=200), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("basis_id", sa.Integer(), nullable=True),
        sa.Column(
            "prospect_words",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple'::regconfig, regexp_replace(lower(replace(replace(prospect || ' ' || prospect_person, 'ё', 'е'), 'Ё', 'Е')), '[^[:alnum:]]+', ' ', 'g'))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("counterparty_id IS NOT NULL OR prospect <> ''", name=op.f("ck_contact_with_somebody")),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_contact_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["basis_id"], ["contact.id"], name=op.f("fk_contact_basis_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_contact_campaign_id_campaign")),
        sa.ForeignKeyConstraint(
            ["counterparty_id"], ["counterparty.id"], name=op.f("fk_contact_counterparty_id_counterparty")
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["ab_user.id"], name=op.f("fk_contact_manager_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["contact_person.id"], name=op.f("fk_contact_person_id_contact_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["information_source.id"], name=op.f("fk_contact_source_id_information_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(
        "ix_contact_basis_id", "contact", ["basis_id"], unique=False, postgresql_where=sa.text("basis_id IS NOT NULL")
    )
    op.create_index(
        "ix_contact_campaign_id",
        "contact",
        ["campaign_id"],
        unique=False,
        postgresql_where=sa.text("campaign_id IS NOT NULL"),
    )
    op.create_index(
        "ix_contact_counterparty_id_starts_at_id", "contact", ["counterparty_id", "starts_at", "id"], unique=False
    )
    op.create_index("ix_contact_manager_id_starts_at_id", "contact", ["manager_id", "starts_at", "id"], unique=False)
    op.create_index("ix_contact_person_id_starts_at_id", "contact", ["person_id", "starts_at", "id"], unique=False)
    op.create_index(
        "ix_contact_planned",
        "contact",
        ["manager_id", "starts_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        "ix_contact_prospect_tail",
        "contact",
        ["prospect_tail"],
        unique=False,
        postgresql_ops={"prospect_tail": "text_pattern_ops"},
        postgresql_where=sa.text("prospect_tail <> ''"),
    )
    op.create_index(
        "ix_contact_prospect_words",
        "contact",
        ["prospect_words"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("prospect <> ''"),
    )
    op.create_index(
        "ix_contact_source_id",
        "contact",
        ["source_id"],
        unique=False,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )
    op.create_index("ix_contact_starts_at_id", "contact", ["starts_at", "id"], unique=False)
    op.create_table(
        "contact_info",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("kind_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.Column("extension", sa.String(length=20), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=30), server_default="", nullable=False),
        sa.Column("phone_tail", sa.String(length=30), server_default="", nullable=False),
        sa.Column("comment", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_contact_info_counterparty_id_counterparty"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["kind_id"], ["contact_info_kind.id"], name=op.f("fk_contact_info_kind_id_contact_info_kind")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["contact_person.id"],
            name=op.f("fk_contact_info_person_id_contact_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_info")),
    )
    op.create_index("ix_contact_info_counterparty_id", "contact_info", ["counterparty_id"], unique=False)
    op.create_index(
        "ix_contact_info_extension",
        "contact_info",
        ["extension"],
        unique=False,
        postgresql_where=sa.text("extension <> ''"),
    )
    op.create_index("ix_contact_info_kind_id", "contact_info", ["kind_id"], unique=False)
    op.create_index("ix_contact_info_person_id", "contact_info", ["person_id"], unique=False)
    op.create_index(
        "ix_contact_info_phone_tail",
        "contact_info",
        ["phone_tail"],
        unique=False,
        postgresql_ops={"phone_tail": "text_pattern_ops"},
        postgresql_where=sa.text("phone_tail <> ''"),
    )
    op.create_index("ix_contact_info_value", "contact_info", [sa.literal_column("lower(value)")], unique=False)
    op.create_table(
        "buyer_order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=15, scale=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("discount", sa.Numeric(precision=5, scale=2), server_default="0", nullable=False),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.CheckConstraint("discount BETWEEN 0 AND 100", name=op.f("ck_buyer_order_line_discount")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_buyer_order_line_price")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_buyer_order_line_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_buyer_order_line_item_id_item")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["buyer_order.id"], name=op.f("fk_buyer_order_line_order_id_buyer_order"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_order_line")),
    )
    op.create_index("ix_buyer_order_line_item_id", "buyer_order_line", ["item_id"], unique=False)
    op.create_index("ix_buyer_order_line_order_id_position", "buyer_order_line", ["order_id", "position"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("purpose", sa.String(length=500), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(
            ["counterparty_id"], ["counterparty.id"], name=op.f("fk_payment_counterparty_id_counterparty")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["buyer_order.id"], name=op.f("fk_payment_order_id_buyer_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_number")),
    )
    op.create_index("ix_payment_counterparty_id_date_id", "payment", ["counterparty_id", "date", "id"], unique=False)
    op.create_index("ix_payment_date_id", "payment", ["date", "id"], unique=False)
    op.create_index("ix_payment_order_id", "payment", ["order_id"], unique=False)
    op.create_table(
        "shipment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("shipment", "return", name="movementkind", native_enum=False, length=20),
            server_default="shipment",
            nullable=False,
        ),
        sa.Column("counterparty_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
        sa.Column("cost_amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"], ["counterparty.id"], name=op.f("fk_shipment_counterparty_id_counterparty")
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["ab_user.id"], name=op.f("fk_shipment_manager_id_ab_user")),
        sa.ForeignKeyConstraint(["order_id"], ["buyer_order.id"], name=op.f("fk_shipment_order_id_buyer_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("number", name=op.f("uq_shipment_number")),
    )
    op.create_index("ix_shipment_counterparty_id_date_id", "shipment", ["counterparty_id", "date", "id"], unique=False)
    op.create_index("ix_shipment_date_id", "shipment", ["date", "id"], unique=False)
    op.create_index("ix_shipment_manager_id", "shipment", ["manager_id"], unique=False)
    op.create_index("ix_shipment_order_id", "shipment", ["order_id"], unique=False)
    op.create_table(
        "shipment_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=15, scale=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("cost", sa.Numeric(precision=15, scale=2), nullable=True),
        sa.Column("amount", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("cost_amount", sa.Numeric(precision=15, scale=2), server_default="0", nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_shipment_line_price")),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_shipment_line_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_shipment_line_item_id_item")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_shipment_line_shipment_id_shipment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_line")),
    )
    op.create_index("ix_shipment_line_item_id", "shipment_line", ["item_id"], unique=False)
    op.create_index("ix_shipment_line_shipment_id_position", "shipment_line", ["shipment_id", "position"], unique=False)
    op.execute("INSERT INTO policy (id) VALUES (1)")
    kinds = sa.table(
        "contact_info_kind",
        *(sa.column(name) for name in ("name", "type", "for_counterparties", "for_persons", "position")),
    )
    op.bulk_insert(
        kinds,
        [
            dict(zip(("name", "type", "for_counterparties", "for_persons", "position"), row, strict=True))
            for row in (
                ("Телефон", "phone", True, True, 10),
                ("Мобильный телефон", "phone", True, True, 20),
                ("Факс", "phone", True, False, 30),
                ("Эл. почта", "email", True, True, 40),
                ("Сайт", "web", True, False, 50),
                ("Юридический адрес", "address", True, False, 60),
                ("Фактический адрес", "address", True, False, 70),
                ("Адрес доставки", "address", True, False, 80),
                ("Адрес", "address", False, True, 90),
                ("Другое", "other", True, True, 100),
            )
        ],
    )


def downgrade() -> None:
    op.drop_index("ix_shipment_line_shipment_id_position", table_name="shipment_line")
    op.drop_index("ix_shipment_line_item_id", table_name="shipment_line")
    op.drop_table("shipment_line")
    op.drop_index("ix_shipment_order_id", table_name="shipment")
    op.drop_index("ix_shipment_manager_id", table_name="shipment")
    op.drop_index("ix_shipment_date_id", table_name="shipment")
    op.drop_index("ix_shipment_counterparty_id_date_id", table_name="shipment")
    op.drop_table("shipment")
    op.drop_index("ix_payment_order_id", table_name="payment")
    op.drop_index("ix_payment_date_id", table_name="payment")
    op.drop_index("ix_payment_counterparty_id_date_id", table_name="payment")
    op.drop_table("payment")
    op.drop_index("ix_buyer_order_line_order_id_position", table_name="buyer_order_line")
    op.drop_index("ix_buyer_order_line_item_id", table_name="buyer_order_line")
    op.drop_table("buyer_order_line")
    op.drop_index("ix_contact_info_value", table_name="contact_info")
    op.drop_index(
        "ix_contact_info_phone_tail",
        table_name="contact_info",
        postgresql_ops={"phone_tail": "text_pattern_ops"},
        postgresql_where=sa.text("phone_tail <> ''"),
    )
    op.drop_index("ix_contact_info_person_id", table_name="contact_info")
    op.drop_index("ix_contact_info_kind_id", table_name="contact_info")
    op.drop_index("ix_contact_info_extension", table_name="contact_info", postgresql_where=sa.text("extension <> ''"))
    op.drop_index("ix_contact_info_counterparty_id", table_name="contact_info")
    op.drop_table("contact_info")
    op.drop_index("ix_contact_starts_at_id", table_name="contact")
    op.drop_index("ix_contact_source_id", table_name="contact", postgresql_where=sa.text("source_id IS NOT NULL"))
    op.drop_index("ix_contact_prospect_words", table_name="contact")
    op.drop_index(
        "ix_contact_prospect_tail",
        table_name="contact",
        postgresql_ops={"prospect_tail": "text_pattern_ops"},
        postgresql_where=sa.text("prospect_tail <> ''"),
    )
    op.drop_index("ix_contact_planned", table_name="contact", postgresql_where=sa.text("state = 'planned'"))
    op.drop_index("ix_contact_person_id_starts_at_id", table_name="contact")
    op.drop_index("ix_contact_manager_id_starts_at_id", table_name="contact")
    op.drop_index("ix_contact_counterparty_id_starts_at_id", table_name="contact")
    op.drop_index("ix_contact_campaign_id", table_name="contact", postgresql_where=sa.text("campaign_id IS NOT NULL"))
    op.drop_index("ix_contact_basis_id", table_name="contact", postgresql_where=sa.text("basis_id IS NOT NULL"))
    op.drop_table("contact")
    op.drop_index("ix_buyer_order_person_id", table_name="buyer_order")
    op.drop_index("ix_buyer_order_manager_id_date_id", table_name="buyer_order")
    op.drop_index("ix_buyer_order_date_id", table_name="buyer_order")
    op.drop_index("ix_buyer_order_counterparty_id_date_id", table_name="buyer_order")
    op.drop_table("buyer_order")
    op.drop_index("ix_contact_person_words", table_name="contact_person", postgresql_using="gin")
    op.drop_index("ix_contact_person_name_sort_id", table_name="contact_person")
    op.drop_index("ix_contact_person_counterparty_id_name_sort_id", table_name="contact_person")
    op.drop_table("contact_person")
    op.drop_index("ix_abc_record_counterparty_id_on_date_id", table_name="abc_record")
    op.drop_table("abc_record")
    op.drop_index("idx_role_id", table_name="ab_permission_view_role")
    op.drop_index("idx_permission_view_id", table_name="ab_permission_view_role")
    op.drop_table("ab_permission_view_role")
    op.drop_table("user_profile")
    op.drop_index("ix_job_user_id_id", table_name="job")
    op.drop_index("ix_job_unfinished", table_name="job", postgresql_where=sa.text("state IN ('queued', 'running')"))
    op.drop_index(op.f("ix_job_output_id"), table_name="job")
    op.drop_index(op.f("ix_job_input_id"), table_name="job")
    op.drop_table("job")
    op.drop_index("ix_counterparty_words", table_name="counterparty", postgresql_using="gin")
    op.drop_index("ix_counterparty_suppliers", table_name="counterparty", postgresql_where=sa.text("is_supplier"))
    op.drop_index("ix_counterparty_source_id", table_name="counterparty")
    op.drop_index("ix_counterparty_registered_on_id", table_name="counterparty")
    op.drop_index("ix_counterparty_name_sort_id", table_name="counterparty")
    op.drop_index("ix_counterparty_manager_id_name_sort_id", table_name="counterparty")
    op.drop_index("ix_counterparty_inn", table_name="counterparty")
    op.drop_index("ix_counterparty_group_id", table_name="counterparty")
    op.drop_table("counterparty")
    op.drop_index(op.f("ix_abc_run_by_id"), table_name="abc_run")
    op.drop_table("abc_run")
    op.drop_table("ab_user_role")
    op.drop_index("idx_user_id", table_name="ab_user_group")
    op.drop_index("idx_user_group_id", table_name="ab_user_group")
    op.drop_table("ab_user_group")
    op.drop_index("idx_view_menu_id", table_name="ab_permission_view")
    op.drop_index("idx_permission_id", table_name="ab_permission_view")
    op.drop_table("ab_permission_view")
    op.drop_index("idx_group_role_id", table_name="ab_group_role")
    op.drop_index("idx_group_id", table_name="ab_group_role")
    op.drop_table("ab_group_role")
    op.drop_index("idx_api_key_user_id", table_name="ab_api_key")
    op.drop_index("idx_api_key_prefix", table_name="ab_api_key")
    op.drop_index("idx_api_key_lookup_hash", table_name="ab_api_key")
    op.drop_table("ab_api_key")
    op.drop_table("stored_file")
    op.drop_table("policy")
    op.drop_index("ix_item_words", table_name="item", postgresql_using="gin")
    op.drop_index("ix_item_name_sort_id", table_name="item")
    op.drop_table("item")
    op.drop_table("information_source")
    op.drop_table("counterparty_group")
    op.drop_table("contact_info_kind")
    op.drop_table("campaign")
    op.drop_table("ab_view_menu")
    op.drop_table("ab_user")
    op.drop_table("ab_role")
    op.drop_table("ab_register_user")
    op.drop_table("ab_permission")
    op.drop_table("ab_group")
