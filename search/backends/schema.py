"""The tables of the PostgreSQL index, in a schema of their own; all of it is a copy that may be thrown away.

`document` is narrow on purpose: the tsvector and the names stay out of line, so that a scan that visits many documents
reads little. `chunk` keeps vectors as they come; what the texts of one language have in common (`language_mean`) is
taken away when a query is scored, so that profiles in another language, or typed without marks, are not at a
disadvantage. `centre` holds each expert's mean chunk less that common part: the first stage of a search by meaning.
"""

from __future__ import annotations

from psycopg import sql

LAYOUT = 3  # of these tables; an index of another layout is emptied and has to be filled again
TABLES = ("document", "chunk", "centre", "term", "language_mean", "state")
LANGUAGES = {"vi": 0, "vi-unmarked": 1, "other": 2}

_TABLES = """
create table {schema}.document (
    no integer generated always as identity primary key,
    id uuid not null unique,
    length real not null,
    chunks integer not null,
    facets text[] not null,
    identifiers text[] not null,
    names text[] not null,
    words tsvector not null
);
alter table {schema}.document alter words set storage external;

create table {schema}.chunk (
    no integer not null references {schema}.document on delete cascade,
    ordinal smallint not null,
    language smallint not null,
    vector halfvec({dimensions}) not null,
    primary key (no, ordinal)
);
alter table {schema}.chunk alter vector set storage plain;

create table {schema}.centre (
    no integer primary key references {schema}.document on delete cascade,
    vector halfvec({dimensions}) not null
);
alter table {schema}.centre alter vector set storage plain;

create table {schema}.term (
    lexeme text collate "C" primary key,
    documents integer not null
) with (fillfactor = 70);

create table {schema}.language_mean (
    language smallint primary key,
    chunks bigint not null,
    mean vector({dimensions}) not null
);

create table {schema}.state (
    is_only boolean primary key default true check (is_only),
    layout integer not null,
    dimensions integer not null,
    embedder_id text,
    version bigint not null default 0,
    documents integer not null default 0,
    mean_length double precision not null default 0,
    chunks bigint not null default 0,
    averaged_chunks bigint not null default 0,
    centred_chunks bigint not null default 0
);
insert into {schema}.state (layout, dimensions, embedder_id) values ({layout}, {dimensions}, {embedder_id});
"""
_INDEXES = """
create index document_words on {schema}.document using gin (words) with (fastupdate = off);
create index document_facets on {schema}.document using gin (facets) with (fastupdate = off);
create index document_identifiers on {schema}.document using gin (identifiers) with (fastupdate = off);
create index centre_vector on {schema}.centre using hnsw (vector halfvec_ip_ops);
"""


def tables_ddl(schema: str, dimensions: int, embedder_id: str | None) -> sql.Composed:
    return sql.SQL(_TABLES).format(
        schema=sql.Identifier(schema),
        dimensions=sql.Literal(dimensions),
        embedder_id=sql.Literal(embedder_id),
        layout=sql.Literal(LAYOUT),
    )


def indexes_ddl(schema: str) -> sql.Composed:
    """Apart from the tables: a bulk load makes them at its end."""
    return sql.SQL(_INDEXES).format(schema=sql.Identifier(schema))


def drop_ddl(schema: str) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(schema, table) for table in TABLES)
    return sql.SQL("drop table if exists {} cascade").format(names)


def moves_ddl(source: str, target: str) -> sql.Composed:
    """The tables of one schema take the place of another's."""
    moves = [
        sql.SQL("alter table {} set schema {}").format(sql.Identifier(source, table), sql.Identifier(target))
        for table in TABLES
    ]
    return sql.SQL("; ").join([drop_ddl(target), *moves])
