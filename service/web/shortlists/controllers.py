"""Lists of people. Every change is a form that works without JavaScript and answers with a redirect."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from jinja2_fragments.litestar import HTMXBlockTemplate
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from search.vietnamese import fold
from service.access.policy import Action, Actor, require
from service.directory.shortlists.actions import (
    MOST_PEOPLE,
    ChangedMeanwhileError,
    add_experts,
    create_shortlist,
    delete_shortlist,
    edit_entry_note,
    edit_shortlist,
    remove_experts,
)
from service.directory.shortlists.queries import (
    ShortlistDetail,
    count_listed,
    get_shortlist,
    get_shortlist_id,
    has_shortlist,
    list_shortlists,
    list_to_choose,
)
from service.directory.workbook import Cell, Statements, Table
from service.errors import BadInputError, NotFoundError
from service.i18n import N_, gettext, ngettext
from service.web.experts.export import made_at, note_cells, people_columns, people_lines, workbook_response
from service.web.paging import Paging
from service.web.rendering import OFFICE_ZONE, moment
from service.web.requests import wants_block
from service.web.shell import Shell
from service.web.shortlists.forms import (
    LINES_OF_A_PAGE,
    PEOPLE_OF_A_PAGE,
    AddForm,
    ListForm,
    NoteForm,
    ShortlistForm,
    ticked,
)
from service.web.shortlists.pages import (
    AddedPage,
    LostTextPage,
    ShortlistPage,
    ShortlistsPage,
    UnsavedList,
    UnsavedNote,
    list_address,
    said,
)


class NobodyTickedError(BadInputError):
    message = N_("Nobody was ticked. Tick the people first, then choose the list.")


class NoListChosenError(BadInputError):
    message = N_("Choose a list, or give a new one a name.")


class TwoListsNamedError(BadInputError):
    message = N_("Give the name of one list only: another one, or a new one.")


class NobodyToRemoveError(BadInputError):
    message = N_("Nobody was ticked. Tick those who are to be taken off the list first.")


_LIST_GONE = N_("This list has been deleted in the meantime. Choose another one, or make a new one.")


class ShortlistController(Controller):
    path = "/shortlists"

    @get("/", name="shortlists.list")
    async def browse(
        self,
        request: HTMXRequest,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Template:
        form = ListForm.from_query(request.query_params)
        return Template("shortlists/list.html", context={"page": await _shortlists(session, actor, shell, form.page)})

    @post("/", name="shortlists.create")
    async def create(
        self,
        request: HTMXRequest,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Response[None] | Template:
        form = ShortlistForm.from_form(await request.form())
        try:
            shortlist_id = await create_shortlist(session, actor, name=form.name, note=form.note)
        except BadInputError as error:
            page = await _shortlists(session, actor, shell, 1, typed=form, error=said(error))
            return Template("shortlists/list.html", context={"page": page}, status_code=error.status_code)
        return Redirect(list_address(shortlist_id), status_code=303)

    @post("/add", name="shortlists.add")
    async def add(
        self,
        request: HTMXRequest,
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Response[None] | Template:
        """From a search or from somebody's page, which stays where it is when htmx asks."""
        form = AddForm.from_form(await request.form())
        try:
            async with session.begin_nested():
                shortlist_id, count = await _add(session, actor, form)
        except BadInputError as error:
            page = AddedPage(shell=shell, message=said(error), shortlist_id=None, back=form.back)
            status = error.status_code
        except NotFoundError as error:
            lists = await list_to_choose(session, actor) if wants_block(request, "added") else None
            page = AddedPage(shell=shell, message=gettext(_LIST_GONE), shortlist_id=None, back=form.back, lists=lists)
            status = error.status_code
        else:
            if not wants_block(request, "added"):
                return Redirect(list_address(shortlist_id, added=count, back=form.back), status_code=303)
            lists = await list_to_choose(session, actor)
            page = AddedPage(shell=shell, message=_added(count), shortlist_id=shortlist_id, back=None, lists=lists)
            status = 200
        if wants_block(request, "added"):
            return HTMXBlockTemplate("shortlists/added.html", block_name="outcome", context={"page": page})
        return Template("shortlists/added.html", context={"page": page}, status_code=status)

    @get("/{shortlist_id:uuid}", name="shortlists.show")
    async def show(
        self,
        request: HTMXRequest,
        shortlist_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Template:
        form = ListForm.from_query(request.query_params)
        page = await _shortlist(session, actor, shell, shortlist_id, form)
        return Template("shortlists/show.html", context={"page": page})

    @post("/{shortlist_id:uuid}", name="shortlists.edit")
    async def edit(
        self,
        request: HTMXRequest,
        shortlist_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Response[None] | Template:
        form = ShortlistForm.from_form(await request.form())
        try:
            await edit_shortlist(session, actor, shortlist_id, name=form.name, note=form.note, version=form.version)
        except BadInputError as error:
            unsaved = UnsavedList(name=form.name, note=form.note, version=form.version, error=said(error))
            status = error.status_code
        except ChangedMeanwhileError as error:
            unsaved = UnsavedList(
                name=form.name,
                note=form.note,
                version=error.version,
                error=said(error),
                theirs_name=error.name,
                theirs_note=error.theirs,
            )
            status = error.status_code
        except NotFoundError as error:
            lost = LostTextPage(shell=shell, name=form.name, note=form.note, shortlist_id=None)
            return Template("shortlists/lost.html", context={"page": lost}, status_code=error.status_code)
        else:
            return Redirect(list_address(shortlist_id), status_code=303)
        page = await _shortlist(session, actor, shell, shortlist_id, _FIRST, unsaved=unsaved)
        return Template("shortlists/show.html", context={"page": page}, status_code=status)

    @post("/{shortlist_id:uuid}/delete", name="shortlists.delete")
    async def delete(
        self, shortlist_id: FromPath[UUID], actor: NamedDependency[Actor], session: NamedDependency[AsyncSession]
    ) -> Redirect:
        await delete_shortlist(session, actor, shortlist_id)
        return Redirect("/shortlists", status_code=303)

    @post("/{shortlist_id:uuid}/remove", name="shortlists.remove")
    async def remove(
        self,
        request: HTMXRequest,
        shortlist_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Response[None] | Template:
        """Back to the same page, or to the last one that is left."""
        listed = ListForm.from_query(request.query_params)
        number, chosen = listed.page, ticked(await request.form())
        if not chosen:
            refused = NobodyToRemoveError()
            page = await _shortlist(session, actor, shell, shortlist_id, listed, not_removed=said(refused))
            return Template("shortlists/show.html", context={"page": page}, status_code=refused.status_code)
        await remove_experts(session, actor, shortlist_id, chosen)
        left = await count_listed(session, actor, shortlist_id)
        return Redirect(
            list_address(shortlist_id, page=min(number, _pages(shortlist_id, number, left).last)), status_code=303
        )

    @post("/{shortlist_id:uuid}/people/{expert_id:uuid}", name="shortlists.edit_note")
    async def edit_note(
        self,
        request: HTMXRequest,
        shortlist_id: FromPath[UUID],
        expert_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
        shell: NamedDependency[Shell],
    ) -> Response[None] | Template:
        form = NoteForm.from_form(await request.form())
        listed = ListForm.from_query(request.query_params)
        try:
            await edit_entry_note(session, actor, shortlist_id, expert_id, note=form.note, version=form.version)
        except BadInputError as error:
            unsaved = UnsavedNote(expert_id=expert_id, note=form.note, version=form.version, error=said(error))
            status = error.status_code
        except ChangedMeanwhileError as error:
            unsaved = UnsavedNote(
                expert_id=expert_id, note=form.note, version=error.version, error=said(error), theirs=error.theirs
            )
            status = error.status_code
        except NotFoundError as error:
            is_there = await has_shortlist(session, actor, shortlist_id)
            lost = LostTextPage(shell=shell, name="", note=form.note, shortlist_id=shortlist_id if is_there else None)
            return Template("shortlists/lost.html", context={"page": lost}, status_code=error.status_code)
        else:
            return Redirect(f"{list_address(shortlist_id, page=listed.page)}#person-{expert_id}", status_code=303)
        page = await _shortlist(session, actor, shell, shortlist_id, listed, unsaved_note=unsaved)
        return Template("shortlists/show.html", context={"page": page}, status_code=status)

    @get("/{shortlist_id:uuid}/xlsx", name="shortlists.export")
    async def export(
        self,
        shortlist_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        session: NamedDependency[AsyncSession],
    ) -> Response[bytes]:
        """Everybody on the list whom the reader may see, with the notes."""
        require(actor, Action.EXPORT_DIRECTORY)
        now = datetime.now(UTC)
        today = now.astimezone(OFFICE_ZONE).date()
        shortlist = await get_shortlist(session, actor, shortlist_id, today=today, limit=MOST_PEOPLE)
        seen = [entry for entry in shortlist.entries if entry.expert is not None]
        lines = people_lines([entry.expert for entry in seen if entry.expert is not None], actor)
        people = Table(
            gettext("Experts"),
            people_columns(actor, with_notes=True),
            [line + note_cells(entry.note, entry.added_at) for line, entry in zip(lines, seen, strict=True)],
        )
        about = Statements(gettext("About this file"), _about(shortlist, len(seen), now))
        name = "-".join(fold(shortlist.name).encode("ascii", "ignore").decode().split())[:60]
        safe = "".join(one for one in name if one.isalnum() or one == "-").strip("-") or "danh-sach"
        return await workbook_response(f"{safe}-{today.isoformat()}", [people, about])


_FIRST = ListForm(1, None, None)


async def _shortlists(
    session: AsyncSession,
    actor: Actor,
    shell: Shell,
    number: int,
    *,
    typed: ShortlistForm | None = None,
    error: str | None = None,
) -> ShortlistsPage:
    lines, total = await list_shortlists(session, actor, limit=LINES_OF_A_PAGE, offset=(number - 1) * LINES_OF_A_PAGE)
    paging = Paging(path="/shortlists", parameters=(), number=number, size=LINES_OF_A_PAGE, total=total)
    return ShortlistsPage(shell=shell, lines=lines, paging=paging, typed=typed or ShortlistForm(), error=error)


async def _shortlist(
    session: AsyncSession,
    actor: Actor,
    shell: Shell,
    shortlist_id: UUID,
    form: ListForm,
    *,
    unsaved: UnsavedList | None = None,
    unsaved_note: UnsavedNote | None = None,
    not_removed: str | None = None,
) -> ShortlistPage:
    shortlist = await get_shortlist(
        session,
        actor,
        shortlist_id,
        today=datetime.now(OFFICE_ZONE).date(),
        limit=PEOPLE_OF_A_PAGE,
        offset=(form.page - 1) * PEOPLE_OF_A_PAGE,
    )
    paging = _pages(shortlist_id, form.page, shortlist.total)
    return ShortlistPage(
        shell=shell,
        form=form,
        shortlist=shortlist,
        paging=paging,
        unsaved=unsaved,
        unsaved_note=unsaved_note,
        not_removed=not_removed,
    )


def _pages(shortlist_id: UUID, number: int, total: int) -> Paging:
    return Paging(path=f"/shortlists/{shortlist_id}", parameters=(), number=number, size=PEOPLE_OF_A_PAGE, total=total)


async def _add(session: AsyncSession, actor: Actor, form: AddForm) -> tuple[UUID, int]:
    """The list, and how many were new on it."""
    if not form.experts:
        raise NobodyTickedError
    if form.new_name and form.other_list:
        raise TwoListsNamedError
    if form.other_list:
        shortlist_id = await get_shortlist_id(session, actor, form.other_list)
    elif form.new_name:
        shortlist_id = await create_shortlist(session, actor, name=form.new_name)
    elif form.shortlist_id is not None:
        shortlist_id = form.shortlist_id
    else:
        raise NoListChosenError
    return shortlist_id, await add_experts(session, actor, shortlist_id, form.experts)


def _added(count: int) -> str:
    if not count:
        return gettext("They were on the list already.")
    return ngettext("%(n)s person was put on the list.", "%(n)s people were put on the list.", count) % {"n": count}


def _about(shortlist: ShortlistDetail, count: int, now: datetime) -> list[tuple[str, Cell]]:
    lines: list[tuple[str, Cell]] = [
        (gettext("List"), shortlist.name),
        (gettext("Note"), shortlist.note),
        (gettext("People"), count),
        (gettext("Last changed"), moment(shortlist.updated_at)),
        made_at(now),
    ]
    if count < shortlist.total:
        lines.append((gettext("No longer in the directory"), shortlist.total - count))
    return lines
