"""What the figures mean: each part of the service with a sentence for whoever works with it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from service.directory.index_record import RebuildPhase, RebuildRecord
from service.i18n import N_, current_locale, translate
from service.web.rendering import moment, number
from service.web.status.queries import QueuedTask, Status

_LAG_IS_LONG = timedelta(minutes=1)
_BACKUP_IS_OLD = timedelta(hours=36)
_REBUILD_IS_SILENT = timedelta(minutes=5)

TASKS = {
    "index_experts": N_("Bring edits into the search index"),
    "rebuild_index": N_("Build the search index anew"),
}


class Verdict(StrEnum):
    GOOD = "good"
    WARN = "warn"  # something is worse than usual, and nobody has to hurry
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Said:
    """A message to translate, with its details, which may be such messages too."""

    message: str
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """In the reader's language."""
        return translate(
            self.message, {name: one.text if isinstance(one, Said) else one for name, one in self.details.items()}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`state`: in a word; `facts`: figures and versions; `meaning`: what it is for whoever uses the service;
    `advice`: what to do, where something is to be done."""

    name: str
    verdict: Verdict
    state: str
    facts: tuple[Said, ...] = ()
    meaning: Said
    advice: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """What the index says of itself. `indexed` None: it cannot be asked. `layout` is that of the index in PostgreSQL,
    None for Meilisearch."""

    indexed: int | None
    layout: int | None
    held_embedder: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """`why_not`: a reason to translate, None while it works."""

    embedder: str | None
    why_not: Said | None
    is_wanted: bool


def describe(
    status: Status, index: IndexState, model: ModelState, *, version: str, wanted_schema: str, now: datetime
) -> tuple[Part, ...]:
    return (
        _pages(version),
        _database(status, wanted_schema),
        _index(status, index, now),
        _model(index, model),
        _jobs(status),
        _backups(status, now),
    )


def _pages(version: str) -> Part:
    return Part(
        name=N_("Pages"),
        verdict=Verdict.GOOD,
        state=N_("runs"),
        facts=(Said(N_("Trí Thức %(version)s"), {"version": version}),),
        meaning=Said(N_("You are looking at them.")),
    )


def _database(status: Status, wanted_schema: str) -> Part:
    facts = [
        Said(N_("PostgreSQL %(version)s"), {"version": status.version}),
        Said(
            N_("schema version %(version)s, %(size)s MB"),
            {"version": status.schema_version, "size": megabytes(status.size_bytes)},
        ),
        Said(N_("%(count)s experts"), {"count": number(status.experts)}),
    ]
    if status.vector_version is not None:
        facts.insert(1, Said(N_("pgvector %(version)s"), {"version": status.vector_version}))
    if status.schema_version != wanted_schema:
        return Part(
            name=N_("Database"),
            verdict=Verdict.BAD,
            state=N_("of another version"),
            facts=tuple(facts),
            meaning=Said(N_("Some pages may fail: the program needs version %(wanted)s."), {"wanted": wanted_schema}),
            advice=Said(N_("Run `trithuc migrate`, with the newest program.")),
        )
    return Part(
        name=N_("Database"),
        verdict=Verdict.GOOD,
        state=N_("runs"),
        facts=tuple(facts),
        meaning=Said(N_("What is entered is saved here.")),
    )


def _index(status: Status, index: IndexState, now: datetime) -> Part:
    facts = [
        Said(N_("Meilisearch"))
        if index.layout is None
        else Said(N_("in PostgreSQL, layout %(layout)s"), {"layout": index.layout})
    ]
    if index.indexed is not None:
        facts.append(
            Said(
                N_("%(indexed)s of %(experts)s experts in the index"),
                {"indexed": number(index.indexed), "experts": number(status.experts)},
            )
        )
    facts += _rebuild_facts(status.rebuild, now)
    edits = next((one for one in status.queue if one.task == "index_experts"), None)
    waits = edits.oldest if edits is not None and edits.oldest is not None else None
    if waits is not None and edits is not None:
        facts.append(
            Said(
                N_("%(count)s edits on their way, the oldest for %(seconds)s seconds"),
                {
                    "count": number(edits.waiting + edits.running + edits.to_repeat),
                    "seconds": number(max(0, round((now - waits).total_seconds()))),
                },
            )
        )
    if index.indexed is None:
        return Part(
            name=N_("Search index"),
            verdict=Verdict.BAD,
            state=N_("cannot be reached"),
            facts=tuple(facts),
            meaning=Said(
                N_("People are found by simple words in the database, not by meaning. Nothing that is entered is lost.")
            ),
            advice=Said(
                N_("A running worker repairs it by itself. If this stays for ten minutes, see that Meilisearch runs.")
                if index.layout is None
                else N_("A running worker repairs it by itself. If this stays for ten minutes, run `trithuc reindex`.")
            ),
        )
    is_late = waits is not None and now - waits > _LAG_IS_LONG
    if index.indexed != status.experts or is_late:
        return Part(
            name=N_("Search index"),
            verdict=Verdict.WARN,
            state=N_("catching up"),
            facts=tuple(facts),
            meaning=Said(N_("A search may not yet show the newest people and edits. Their own pages do.")),
            advice=None if status.workers else Said(N_("Start a worker: see background jobs.")),
        )
    return Part(
        name=N_("Search index"),
        verdict=Verdict.GOOD,
        state=N_("runs"),
        facts=tuple(facts),
        meaning=Said(N_("Searches show people as they were entered last.")),
    )


def _rebuild_facts(rebuild: RebuildRecord | None, now: datetime) -> list[Said]:
    facts = []
    if rebuild is not None and rebuild.finished_at is not None:
        facts.append(Said(N_("last built anew at %(when)s"), {"when": moment(rebuild.finished_at)}))
    if rebuild is not None and rebuild.phase is not RebuildPhase.DONE:
        progress = {"done": number(rebuild.done), "total": number(rebuild.total)}
        if now - rebuild.changed_at > _REBUILD_IS_SILENT:
            facts.append(
                Said(N_("a rebuild stopped at %(done)s of %(total)s experts and goes on with a worker"), progress)
            )
        elif rebuild.phase is RebuildPhase.EMBEDDING:
            facts.append(Said(N_("being built anew: texts of %(done)s of %(total)s experts are read"), progress))
        else:
            facts.append(Said(N_("being built anew: %(done)s of %(total)s experts are written"), progress))
    return facts


def _model(index: IndexState, model: ModelState) -> Part:
    name = N_("Language model")
    if not model.is_wanted:
        return Part(
            name=name,
            verdict=Verdict.WARN,
            state=N_("not in use"),
            meaning=Said(N_("People are found by words, and not by what the words mean.")),
            advice=Said(N_("Leave TRITHUC_EMBEDDER=none out of the settings to use it.")),
        )
    facts = (Said("%(name)s", {"name": model.embedder}),) if model.embedder else ()
    if model.why_not is not None:
        return Part(
            name=name,
            verdict=Verdict.BAD,
            state=N_("not running"),
            facts=(*facts, model.why_not),
            meaning=Said(N_("People are found by words, and not by what the words mean.")),
            advice=Said(N_("The next search tries it again. If this stays, run `trithuc doctor`.")),
        )
    if index.indexed and index.held_embedder is None:
        return Part(
            name=name,
            verdict=Verdict.WARN,
            state=N_("catching up"),
            facts=facts,
            meaning=Said(N_("The index holds no vectors of it yet: people are found by words alone until it does.")),
        )
    return Part(
        name=name,
        verdict=Verdict.GOOD,
        state=N_("runs"),
        facts=facts,
        meaning=Said(N_("Searches also find people whose works say the same in other words.")),
    )


def _jobs(status: Status) -> Part:
    open_jobs = sum(one.waiting + one.running + one.to_repeat for one in status.queue)
    troubled = [one for one in status.queue if one.to_repeat or one.failed]
    facts = [Said(N_("workers: %(count)s"), {"count": number(status.workers)})]
    facts += [fact for one in status.queue for fact in _task_facts(one)]
    if not status.workers:
        return Part(
            name=N_("Background jobs"),
            verdict=Verdict.BAD,
            state=N_("not running"),
            facts=tuple(facts),
            meaning=Said(N_("Edits are saved, and reach the search when a worker runs again.")),
            advice=Said(N_("Start one: `trithuc worker`, or `docker compose up -d worker`.")),
        )
    if troubled:
        return Part(
            name=N_("Background jobs"),
            verdict=Verdict.WARN,
            state=N_("some have failed"),
            facts=tuple(facts),
            meaning=Said(N_("They are tried again by themselves, at first at once and then every five minutes.")),
            advice=Said(N_("Put right what the reason names; nothing else has to be done.")),
        )
    return Part(
        name=N_("Background jobs"),
        verdict=Verdict.GOOD,
        state=N_("runs"),
        facts=tuple(facts) if open_jobs else (*facts, Said(N_("nothing waits"))),
        meaning=Said(N_("They bring edits into the search.")),
    )


def _task_facts(task: QueuedTask) -> list[Said]:
    counts = (
        (N_("%(task)s: %(count)s waiting"), task.waiting),
        (N_("%(task)s: %(count)s running"), task.running),
        (N_("%(task)s: %(count)s to be tried again"), task.to_repeat),
        (N_("%(task)s: %(count)s given up"), task.failed),
    )
    named = TASKS.get(task.task, task.task)
    facts = [Said(message, {"task": Said(named), "count": number(count)}) for message, count in counts if count]
    if task.to_repeat and task.next_try is not None:
        facts.append(Said(N_("next try at %(when)s"), {"when": moment(task.next_try)}))
    if task.fault is not None:
        facts.append(
            Said(
                N_("failed at %(when)s: %(reason)s"),
                {"when": moment(task.fault.at), "reason": Said(task.fault.message, task.fault.details)},
            )
        )
    return facts


def _backups(status: Status, now: datetime) -> Part:
    backup, name = status.backup, N_("Backups")
    facts = []
    if backup.finished_at is not None:
        facts.append(
            Said(
                N_("last made at %(when)s: %(file)s, %(size)s MB"),
                {
                    "when": moment(backup.finished_at),
                    "file": backup.file or "",
                    "size": megabytes(backup.size_bytes or 0),
                },
            )
        )
    if backup.has_failed_since and backup.failed_at is not None:
        return Part(
            name=name,
            verdict=Verdict.BAD,
            state=N_("the last one failed"),
            facts=(
                *facts,
                Said(
                    N_("failed at %(when)s: %(reason)s"),
                    {"when": moment(backup.failed_at), "reason": Said(backup.reason or "", backup.details)},
                ),
            ),
            meaning=Said(N_("Should the disk fail, what was entered since the last good one is lost.")),
            advice=Said(N_("Put right what the reason names, then run `trithuc backup --to FOLDER`.")),
        )
    if backup.finished_at is None or now - backup.finished_at > _BACKUP_IS_OLD:
        return Part(
            name=name,
            verdict=Verdict.WARN,
            state=N_("none yet") if backup.finished_at is None else N_("old"),
            facts=tuple(facts),
            meaning=Said(N_("Should the disk fail, what was entered since then is lost.")),
            advice=Said(N_("Run `trithuc backup --to FOLDER --every 24` all the time, and keep a copy elsewhere.")),
        )
    return Part(
        name=name,
        verdict=Verdict.GOOD,
        state=N_("made"),
        facts=tuple(facts),
        meaning=Said(N_("Keep a copy on another machine too.")),
    )


def megabytes(size_bytes: int) -> str:
    """ "0,3" in Vietnamese, "0.3" in English; whole ones from ten on."""
    if size_bytes >= 10_000_000:
        return number(round(size_bytes / 1e6))
    text = f"{size_bytes / 1e6:.1f}"
    return text.replace(".", ",") if current_locale.get() == "vi" else text
