"""The tables of the PostgreSQL index, in a schema of their own; all of it is a copy that may be thrown away.

Everything that one search reads of many documents is small or packed. `word` is for finding: narrow rows, so that a
scan that visits many reads little. `profile` and `chunk` are for scoring: one value for each document, kept in the row
(packing.py says in what form), for taking a value out of line costs more than what is done with it. Vectors are kept as
they come; what the texts of one language have in common (`language_mean`) is taken away when a query is scored, so that
profiles in another language, or typed without marks, are not at a disadvantage. `centre` holds each expert's mean chunk
less that common part: the first stage of a search by meaning.
"""

from __future__ import annotations

from psycopg import sql

LAYOUT = 4  # of these tables; an index of another layout is emptied and has to be filled again
TABLES = ("document", "word", "profile", "chunk", "centre", "term", "language_mean", "state")
LANGUAGES = {"vi": 0, "vi-unmarked": 1, "other": 2}

# `state.made` tells an index from another that once had the same version.
_TABLES = """
create table {schema}.document (
    no integer generated always as identity primary key,
    id uuid not null unique,
    length real not null,
    chunks integer not null,
    facets text[] not null,
    identifiers text[] not null,
    names text[] not null
);

create table {schema}.word (
    no integer primary key references {schema}.document on delete cascade,
    id uuid not null,
    words tsvector not null
) with (toast_tuple_target = 128);
alter table {schema}.word alter words set storage external;

create table {schema}.profile (
    no integer primary key references {schema}.document on delete cascade,
    length real not null,
    id uuid not null,
    lexemes bytea not null
) with (toast_tuple_target = 8160);
alter table {schema}.profile alter lexemes set storage external;

create table {schema}.chunk (
    no integer primary key references {schema}.document on delete cascade,
    id uuid not null,
    vectors bytea not null
) with (toast_tuple_target = 8160);
alter table {schema}.chunk alter vectors set storage external;

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
    mean real[] not null
);

create table {schema}.state (
    is_only boolean primary key default true check (is_only),
    layout integer not null,
    dimensions integer not null,
    embedder_id text,
    made uuid not null default gen_random_uuid(),
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
create index word_words on {schema}.word using gin (words) with (fastupdate = off);
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
