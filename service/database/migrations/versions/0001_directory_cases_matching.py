"""Directory, cases, matching, panels, reference data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "field_rule",
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_rule")),
        sa.UniqueConstraint("phrase", name=op.f("uq_field_rule_phrase")),
    )
    op.create_table(
        "import_run",
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index(op.f("ix_import_run_sha256"), "import_run", ["sha256"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("locality", sa.Text(), nullable=True),
        sa.Column("parent_name", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Text(), nullable=True),
        sa.Column("valid_to", sa.Text(), nullable=True),
        sa.Column("is_reference", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint(
            "name", "valid_from", name=op.f("uq_organisation_name_valid_from"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "place",
        sa.Column("legacy_code", sa.Text(), nullable=True),
        sa.Column("legacy_name", sa.Text(), nullable=True),
        sa.Column("legacy_district", sa.Text(), nullable=True),
        sa.Column("legacy_province", sa.Text(), nullable=True),
        sa.Column("new_code", sa.Text(), nullable=False),
        sa.Column("new_name", sa.Text(), nullable=False),
        sa.Column("new_province", sa.Text(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("legacy_code", name=op.f("uq_place_legacy_code")),
    )
    op.create_index(op.f("ix_place_new_code"), "place", ["new_code"], unique=False)
    op.create_table(
        "research_field",
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_research_field_level")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_field")),
        sa.UniqueConstraint("edition", "code", name=op.f("uq_research_field_edition_code")),
    )
    op.create_table(
        "research_field_topic",
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("topic_vi", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_field_topic")),
    )
    op.create_index(op.f("ix_research_field_topic_code"), "research_field_topic", ["code"], unique=False)
    op.create_table(
        "review_case",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("consultancy", "review", "appraisal", name="casekind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_case")),
        sa.UniqueConstraint("code", name=op.f("uq_review_case_code")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting")),
        sa.UniqueConstraint(
            "name", "valid_from", name=op.f("uq_setting_name_valid_from"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "synonym",
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("expansion", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonym")),
        sa.UniqueConstraint("term", "expansion", name=op.f("uq_synonym_term_expansion")),
    )
    op.create_table(
        "case_party",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "requester", "drafting_body", "consultant", "drafter", name="partyrole", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("person_name", sa.Text(), nullable=True),
        sa.Column("organisation_text", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(role = 'drafter') = (person_name IS NOT NULL)", name=op.f("ck_case_party_drafter_is_a_person")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["review_case.id"], name=op.f("fk_case_party_case_id_review_case"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_case_party_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_party")),
    )
    op.create_index(op.f("ix_case_party_case_id"), "case_party", ["case_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("flagged", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["review_case.id"], name=op.f("fk_draft_case_id_review_case"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_draft_case_id_number")),
    )
    op.create_index(op.f("ix_draft_sha256"), "draft", ["sha256"], unique=False)
    op.create_table(
        "expert",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("middle_name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("name_fold", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("aliases", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("degree", sa.Text(), nullable=True),
        sa.Column("academic_rank", sa.Text(), nullable=True),
        sa.Column("other_titles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("honours", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_text", sa.Text(), nullable=True),
        sa.Column("organisation_kind", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("months_in_vietnam", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("months_text", sa.Text(), nullable=True),
        sa.Column("hometown_text", sa.Text(), nullable=True),
        sa.Column("hometown_edition", sa.Text(), nullable=True),
        sa.Column("hometown_legacy_code", sa.Text(), nullable=True),
        sa.Column("hometown_new_code", sa.Text(), nullable=True),
        sa.Column("hometown_precision", sa.Text(), nullable=True),
        sa.Column("hometown_display", sa.Text(), nullable=True),
        sa.Column("residence_text", sa.Text(), nullable=True),
        sa.Column("residence_edition", sa.Text(), nullable=True),
        sa.Column("residence_legacy_code", sa.Text(), nullable=True),
        sa.Column("residence_new_code", sa.Text(), nullable=True),
        sa.Column("residence_precision", sa.Text(), nullable=True),
        sa.Column("residence_display", sa.Text(), nullable=True),
        sa.Column("ties", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("keywords", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("biography", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("other_emails", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("orcid", sa.Text(), nullable=True),
        sa.Column("awards", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("is_available", sa.Boolean(), nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("open_reviews", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("last_contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "unconfirmed",
                "pending",
                "public",
                "internal",
                "hidden",
                "archived",
                "erased",
                name="profilestate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("visibility", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("birth_year BETWEEN 1900 AND 2100", name=op.f("ck_expert_birth_year")),
        sa.CheckConstraint("open_reviews >= 0 AND capacity >= 0", name=op.f("ck_expert_load")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_expert_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert")),
        sa.UniqueConstraint("external_id", name=op.f("uq_expert_external_id")),
        sa.UniqueConstraint("orcid", name=op.f("uq_expert_orcid")),
    )
    op.create_index(op.f("ix_expert_email"), "expert", ["email"], unique=False)
    op.create_index("ix_expert_name_fold", "expert", ["name_fold"], unique=False)
    op.create_index(op.f("ix_expert_organisation_id"), "expert", ["organisation_id"], unique=False)
    op.create_index("ix_expert_sort_key", "expert", ["sort_key", "id"], unique=False)
    op.create_table(
        "organisation_succession",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_succession_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_succession_successor_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "successor_id", name=op.f("pk_organisation_succession")),
    )
    op.create_table(
        "affinity_run",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("scoring_version", sa.Text(), nullable=False),
        sa.Column("embedder_id", sa.Text(), nullable=True),
        sa.Column("index_version", sa.Text(), nullable=True),
        sa.Column("expert_count", sa.Integer(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("left_out", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_affinity_run_draft_id_draft"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affinity_run")),
    )
    op.create_index(op.f("ix_affinity_run_draft_id"), "affinity_run", ["draft_id"], unique=False)
    op.create_table(
        "draft_passage",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("paragraph", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("headings", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("annex", sa.Text(), nullable=True),
        sa.Column("left_out", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_draft_passage_draft_id_draft"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("draft_id", "ordinal", name=op.f("pk_draft_passage")),
    )
    op.create_table(
        "duplicate_pair",
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_duplicate_pair_order")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["expert.id"], name=op.f("fk_duplicate_pair_first_id_expert"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["expert.id"], name=op.f("fk_duplicate_pair_second_id_expert"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pair")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_duplicate_pair_first_id_second_id")),
    )
    op.create_index(op.f("ix_duplicate_pair_second_id"), "duplicate_pair", ["second_id"], unique=False)
    op.create_table(
        "employment",
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_text", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("year_from", sa.Integer(), nullable=True),
        sa.Column("year_to", sa.Integer(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_employment_expert_id_expert"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_employment_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employment")),
    )
    op.create_index(op.f("ix_employment_expert_id"), "employment", ["expert_id"], unique=False)
    op.create_table(
        "expert_field",
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_expert_field_expert_id_expert"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("expert_id", "edition", "code", name=op.f("pk_expert_field")),
    )
    op.create_index(op.f("ix_expert_field_code"), "expert_field", ["code"], unique=False)
    op.create_table(
        "source_record",
        sa.Column("import_run_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_source_record_expert_id_expert"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["import_run_id"],
            ["import_run.id"],
            name=op.f("fk_source_record_import_run_id_import_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_record")),
    )
    op.create_index(op.f("ix_source_record_content_hash"), "source_record", ["content_hash"], unique=False)
    op.create_index(op.f("ix_source_record_expert_id"), "source_record", ["expert_id"], unique=False)
    op.create_index(op.f("ix_source_record_import_run_id"), "source_record", ["import_run_id"], unique=False)
    op.create_table(
        "theme",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column(
            "importance",
            sa.Enum("required", "desired", name="importance", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("field_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("terms", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("passage_ordinals", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("query_text", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("weight >= 0 AND weight <= 1", name=op.f("ck_theme_weight")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_theme_draft_id_draft"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme")),
        sa.UniqueConstraint("draft_id", "ordinal", name=op.f("uq_theme_draft_id_ordinal")),
    )
    op.create_table(
        "affinity",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("theme_ordinal", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("band", sa.Text(), nullable=True),
        sa.Column("pairs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_affinity_score_in_range")),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_affinity_expert_id_expert"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["affinity_run.id"], name=op.f("fk_affinity_run_id_affinity_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "expert_id", "theme_ordinal", name=op.f("pk_affinity")),
    )
    op.create_table(
        "conflict",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("severity IN ('hard', 'soft')", name=op.f("ck_conflict_severity")),
        sa.CheckConstraint(
            "state IN ('certain', 'potential', 'confirmed', 'dismissed', 'waived')", name=op.f("ck_conflict_state")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["review_case.id"], name=op.f("fk_conflict_case_id_review_case"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_conflict_expert_id_expert"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["affinity_run.id"], name=op.f("fk_conflict_run_id_affinity_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
    )
    op.create_index(op.f("ix_conflict_case_id"), "conflict", ["case_id"], unique=False)
    op.create_index(op.f("ix_conflict_expert_id"), "conflict", ["expert_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "publication",
                "project",
                "consultancy",
                "patent",
                "initiative",
                "award",
                "review",
                "teaching",
                "biography",
                "other",
                name="evidencekind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("kind_text", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_fold", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("coauthors", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("source_record_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_evidence_expert_id_expert"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_record_id"],
            ["source_record.id"],
            name=op.f("fk_evidence_source_record_id_source_record"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint(
            "expert_id",
            "kind",
            "title_fold",
            "year",
            name=op.f("uq_evidence_expert_id_kind_title_fold_year"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_evidence_expert_id"), "evidence", ["expert_id"], unique=False)
    op.create_table(
        "panel",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["review_case.id"], name=op.f("fk_panel_case_id_review_case"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["affinity_run.id"], name=op.f("fk_panel_run_id_affinity_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel")),
        sa.UniqueConstraint("run_id", name=op.f("uq_panel_run_id")),
    )
    op.create_index(op.f("ix_panel_case_id"), "panel", ["case_id"], unique=False)
    op.create_table(
        "reviewer_assignment",
        sa.Column("panel_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("affinity_score", sa.Double(), nullable=False),
        sa.Column("theme_ordinals", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("affinity_score BETWEEN 0 AND 1", name=op.f("ck_reviewer_assignment_affinity_in_range")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_reviewer_assignment_expert_id_expert")),
        sa.ForeignKeyConstraint(
            ["panel_id"], ["panel.id"], name=op.f("fk_reviewer_assignment_panel_id_panel"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviewer_assignment")),
        sa.UniqueConstraint("panel_id", "expert_id", name=op.f("uq_reviewer_assignment_panel_id_expert_id")),
    )
    op.create_index(op.f("ix_reviewer_assignment_expert_id"), "reviewer_assignment", ["expert_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_reviewer_assignment_expert_id"), table_name="reviewer_assignment")
    op.drop_table("reviewer_assignment")
    op.drop_index(op.f("ix_panel_case_id"), table_name="panel")
    op.drop_table("panel")
    op.drop_index(op.f("ix_evidence_expert_id"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_index(op.f("ix_conflict_expert_id"), table_name="conflict")
    op.drop_index(op.f("ix_conflict_case_id"), table_name="conflict")
    op.drop_table("conflict")
    op.drop_table("affinity")
    op.drop_table("theme")
    op.drop_index(op.f("ix_source_record_import_run_id"), table_name="source_record")
    op.drop_index(op.f("ix_source_record_expert_id"), table_name="source_record")
    op.drop_index(op.f("ix_source_record_content_hash"), table_name="source_record")
    op.drop_table("source_record")
    op.drop_index(op.f("ix_expert_field_code"), table_name="expert_field")
    op.drop_table("expert_field")
    op.drop_index(op.f("ix_employment_expert_id"), table_name="employment")
    op.drop_table("employment")
    op.drop_index(op.f("ix_duplicate_pair_second_id"), table_name="duplicate_pair")
    op.drop_table("duplicate_pair")
    op.drop_table("draft_passage")
    op.drop_index(op.f("ix_affinity_run_draft_id"), table_name="affinity_run")
    op.drop_table("affinity_run")
    op.drop_table("organisation_succession")
    op.drop_index("ix_expert_sort_key", table_name="expert")
    op.drop_index(op.f("ix_expert_organisation_id"), table_name="expert")
    op.drop_index("ix_expert_name_fold", table_name="expert")
    op.drop_index(op.f("ix_expert_email"), table_name="expert")
    op.drop_table("expert")
    op.drop_index(op.f("ix_draft_sha256"), table_name="draft")
    op.drop_table("draft")
    op.drop_index(op.f("ix_case_party_case_id"), table_name="case_party")
    op.drop_table("case_party")
    op.drop_table("synonym")
    op.drop_table("setting")
    op.drop_table("review_case")
    op.drop_index(op.f("ix_research_field_topic_code"), table_name="research_field_topic")
    op.drop_table("research_field_topic")
    op.drop_table("research_field")
    op.drop_index(op.f("ix_place_new_code"), table_name="place")
    op.drop_table("place")
    op.drop_table("organisation")
    op.drop_index(op.f("ix_import_run_sha256"), table_name="import_run")
    op.drop_table("import_run")
    op.drop_table("field_rule")
