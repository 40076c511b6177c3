"""The pages of an import: choose the type, upload a file, see what its rows would do, make them a draft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect

from measures.admin import words
from measures.admin.bulk import keeping, writing
from measures.admin.bulk.columns import ERRORS, template
from measures.admin.bulk.reading import MOST_ROWS, Unreadable
from measures.admin.knowledge import ALL_CATEGORIES
from measures.admin.pages import page, require, sent_id
from measures.admin.record import choice, choices, is_recorded_here, known_type
from measures.admin.tasks import wake
from measures.drafts import Draft
from measures.uploads import Upload
from tracker.events import EventError, EventType, event_type, event_types

SHOWN = 200
"""Rows and problems on one page; the checked file has them all."""


class FileForm(forms.Form):
    """The file to read."""

    use_required_attribute = False
    file = forms.FileField(label="File", max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["file"]
        field.help_text = f"CSV in UTF-8, or XLSX; at most {MOST_ROWS:,} rows and {settings.MAX_BODY_BYTES // 2**20} MB"
        field.widget.attrs |= {"accept": ".csv,.xlsx", "data-most": str(settings.MAX_BODY_BYTES)}

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.MAX_BODY_BYTES:
            raise ValidationError(f"It has {file.size:,} bytes, at most {settings.MAX_BODY_BYTES:,} are taken")
        return file


def choose(request: HttpRequest) -> HttpResponse:
    """Which type do the rows of the file have?"""
    require(request, "measures.write_draft")
    kinds = [(category, choices(category)) for category in ALL_CATEGORIES]
    mending = [choice(kind) for kind in event_types() if kind.corrects]
    kinds.append(("what we got wrong", [("correction", mending)]))
    return page(request, "choose", "Import a file", kinds=kinds, target="admin:import_type", imports=True)


def begin(request: HttpRequest, type: str) -> HttpResponse:
    """The template, the columns and the upload of one type."""
    require(request, "measures.write_draft")
    kind, of = _kind(type), _corrected(request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            file = form.cleaned_data["file"]
            key = sent_id(request, "upload")
            begun = keeping.begin(key, author=request.user, kind=kind, name=file.name, content=file.read())
            wake(begun.pk)
            return redirect("admin:upload", id=begun.pk)
        except Unreadable as error:
            form.add_error("file", str(error))
    return page(
        request,
        "import",
        f"Import: {words.verb(kind)}",
        kind=kind,
        form=form,
        upload=uuid4(),
        columns=template(kind, of),
        help=words.in_short(kind),
        of=of,
        corrected=[each for each in event_types() if is_recorded_here(each)] if kind.name == "entry.corrected" else [],
    )


def _kind(name: str) -> EventType:
    """The type of the rows: what editors record, or a correction or retraction of it."""
    mends = name in {kind.name for kind in event_types() if kind.corrects}
    return event_type(name) if mends else known_type(name)


def _corrected(request: HttpRequest) -> EventType | None:
    """The type whose fields a file of corrections has, where one is chosen."""
    name = request.GET.get("of", "")
    return known_type(name) if name else None


def blank(request: HttpRequest, type: str, ending: str) -> HttpResponse:
    """A file with the columns of a type and no rows; as XLSX with what each takes on a second sheet."""
    require(request, "measures.write_draft")
    kind, of = _kind(type), _corrected(request)
    offered = template(kind, of)
    notes = [["column", "required", "what it takes"]]
    notes += [[column.name, "yes" if column.required else "", column.help] for column in offered]
    name = f"{kind.name}-{of.name}" if of else kind.name
    return _download(name, ending, {"rows": [[column.name for column in offered]], "columns": notes})


def upload(request: HttpRequest, id: UUID) -> HttpResponse:
    """How far the check has come, and then what each row would do."""
    require(request, "measures.view_draft")
    found = get_object_or_404(Upload.objects.select_related("author"), pk=id)
    if request.method == "POST":
        return _stepped(request, found)
    kind = event_type(found.type)
    draft = Draft.objects.filter(pk=id).first()
    return page(
        request,
        "upload",
        f"Import: {words.verb(kind)}",
        upload=found,
        kind=kind,
        draft=draft,
        may_write=found.author == request.user and request.user.has_perm("measures.write_draft"),
        may_draft=found.is_ready and (draft is None or draft.is_open),
        **shown(found),
    )


def shown(upload: Upload) -> dict[str, Any]:
    """What a page shows of the rows."""
    return {
        "rows": upload.found[:SHOWN],
        "problems": upload.problems[:SHOWN],
        "most": SHOWN,
        "doubles": sum(1 for item in upload.fresh if item["doubles"]),
    }


def _stepped(request: HttpRequest, found: Upload) -> HttpResponse:
    require(request, "measures.write_draft")
    if request.POST.get("step") == "check":
        Upload.objects.filter(pk=found.pk).update(checked_at=None, done=0)
        wake(found.pk)
        return redirect("admin:upload", id=found.pk)
    try:
        draft = keeping.make_draft(found, by=request.user)
    except EventError as error:
        messages.error(request, str(error))
        return redirect("admin:upload", id=found.pk)
    return redirect("admin:draft", id=draft.pk)


def progress(request: HttpRequest, id: UUID) -> JsonResponse:
    """How many rows are checked."""
    require(request, "measures.view_draft")
    found = get_object_or_404(Upload.objects.only("done", "checked_at"), pk=id)
    return JsonResponse({"done": found.done, "checked": found.checked_at is not None})


def checked(request: HttpRequest, id: UUID, ending: str) -> HttpResponse:
    """The file as it was read, with what is wrong with each row in a last column: to mend it and send it again."""
    require(request, "measures.view_draft")
    found = get_object_or_404(Upload, pk=id)
    return _download(f"{found.type}-checked", ending, {"rows": list(_with_errors(found))})


def _with_errors(upload: Upload) -> Iterator[Sequence[str]]:
    header = [name for name in upload.header if name != ERRORS]
    said: dict[int, list[str]] = {}
    for item in upload.problems:
        said.setdefault(item["row"], []).append(f"{item['column']}: {item['message']}".removeprefix(": "))
    yield [*header, ERRORS]
    for row in upload.rows:
        yield [*(row["cells"].get(name, "") for name in header), "; ".join(said.get(row["number"], []))]


def _download(name: str, ending: str, sheets: dict[str, Any]) -> HttpResponse:
    if ending not in writing.TYPES:
        raise Http404(f"{ending} is no form of a table; there are {', '.join(writing.TYPES)}")
    return writing.download(name, ending, sheets)
