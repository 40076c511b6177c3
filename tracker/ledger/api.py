"""The proofs as JSON: checkpoint, inclusion, consistency, entries. Hashes are base64, as in checkpoints and tiles."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.urls import path, reverse
from msgspec import Meta

from tracker import log
from tracker.api.parameters import Parameter, pattern, whole
from tracker.api.problems import Problem, wrong
from tracker.api.reading import Read
from tracker.api.shapes import ProblemError, Shape, Url
from tracker.ledger import tiles
from tracker.ledger.canonical import leaf_hash
from tracker.ledger.models import Receipt, Seal
from tracker.ledger.notes import Checkpoint, unverified
from tracker.ledger.sealing import published_keys

Hash = Annotated[
    str, Meta(description="32 bytes in base64.", examples=["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="])
]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
RECEIPT = pattern(r"[0-9a-f]{64}", "a receipt: 64 hexadecimal digits", most=64)
PAGE = 100
POSITION = whole(1, 2**63 - 1)


class CheckpointShape(Shape):
    """The newest signed tree head."""

    origin: str
    size: int
    root_hash: Hash
    note: Annotated[str, Meta(description="The signed note itself; its signatures are over its first three lines.")]
    keys: Annotated[list[str], Meta(description="The public keys that sealed this log. Compare with other copies.")]


class InclusionShape(Shape):
    """The proof that an entry is in the tree of a checkpoint (RFC 6962 section 2.1.1)."""

    position: int
    leaf_index: Annotated[int, Meta(description="The position less one.")]
    leaf_hash: Hash
    size: int
    root_hash: Hash
    hashes: Annotated[list[Hash], Meta(description="From the leaf to the root.")]
    checkpoint: Annotated[str, Meta(description="The signed note over this size.")]


class ConsistencyShape(Shape):
    """The proof that one checkpoint's tree is the beginning of another's (RFC 6962 section 2.1.2)."""

    from_size: int
    size: int
    from_root_hash: Hash
    root_hash: Hash
    hashes: list[Hash]
    checkpoint: Annotated[str, Meta(description="The signed note over the larger size.")]


class EntryShape(Shape):
    position: int
    entry: Annotated[str, Meta(description="The bytes that were hashed, as text.")]
    leaf_hash: Hash


class EntriesShape(Shape):
    """Entries as they were hashed."""

    results: list[EntryShape]
    next: Url | None


class ReceiptShape(Shape):
    """An answer that was kept. `receipt` is the SHA-256 over `path`, a line feed and `answer`."""

    receipt: Sha256
    path: Annotated[str, Meta(description="What asks for the answer again, at explicit clocks.")]
    position: int
    kept_at: datetime
    answer: Annotated[str, Meta(description="The body, as it was sent.")]


SIZE = Parameter(
    name="size", form=POSITION, example=1, description="The size of a checkpoint; the newest if it is left out."
)


def _text(value: bytes) -> str:
    return b64encode(value).decode()


def _sealed(size: int | None) -> tuple[str, Checkpoint]:
    """The note over a size and what it says. Raises Problem."""
    seals = Seal.objects.order_by("-size")
    seal = (seals if size is None else seals.filter(size=size)).first()
    if seal is None:
        newest = seals.first()
        known = f"the newest is over {newest.size} entries" if newest else "there is none yet"
        raise Problem("not-sealed", "no checkpoint yet" if size is None else f"no checkpoint over {size}: {known}")
    return seal.note, unverified(seal.note)


class LedgerCheckpoint(Read):
    """The newest checkpoint: origin, size, root, signatures."""

    tag = "ledger"
    shape = CheckpointShape
    problems = ("not-sealed",)

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> CheckpointShape:
        note, said = _sealed(None)
        keys = [str(key) for key in published_keys()]
        return CheckpointShape(origin=said.origin, size=said.size, root_hash=_text(said.root), note=note, keys=keys)


class InclusionProof(Read):
    """The proof that the entry at a position is in the log that a checkpoint stands for."""

    tag = "ledger"
    shape = InclusionShape
    problems = ("not-sealed",)
    parameters = (
        Parameter(name="position", form=POSITION, example=1, description="The entry's place in the log. Required."),
        SIZE,
    )

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> InclusionShape:
        position = _required("position", values)
        note, said = _sealed(values["size"])
        if position > said.size:
            raise Problem("not-sealed", f"position {position} is not under the checkpoint over {said.size} entries")
        leaf, path_to_root = tiles.membership(position - 1, said.size)
        return InclusionShape(
            position=position,
            leaf_index=position - 1,
            leaf_hash=_text(leaf),
            size=said.size,
            root_hash=_text(said.root),
            hashes=[_text(item) for item in path_to_root],
            checkpoint=note,
        )


class ConsistencyProof(Read):
    """The proof that nothing before an earlier size was changed up to a checkpoint."""

    tag = "ledger"
    shape = ConsistencyShape
    problems = ("not-sealed",)
    parameters = (
        Parameter(name="from_size", form=POSITION, example=1, description="The earlier size. Required."),
        SIZE,
    )

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> ConsistencyShape:
        earlier = _required("from_size", values)
        note, said = _sealed(values["size"])
        if earlier > said.size:
            raise Problem("not-sealed", f"from_size {earlier} is beyond the checkpoint over {said.size} entries")
        root, hashes = tiles.extension(earlier, said.size)
        return ConsistencyShape(
            from_size=earlier,
            size=said.size,
            from_root_hash=_text(root),
            root_hash=_text(said.root),
            hashes=[_text(item) for item in hashes],
            checkpoint=note,
        )


class LedgerEntries(Read):
    """The entries after a position, as the very bytes that were hashed."""

    tag = "ledger"
    shape = EntriesShape
    parameters = (
        Parameter(name="after", form=whole(0, 2**63 - 1), default=0, example=0, description="Where to go on."),
        Parameter(name="limit", form=whole(1, PAGE), default=PAGE, example=10, description="How many at most."),
    )

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> EntriesShape:
        after, limit = values["after"], values["limit"]
        head = log.head().position
        found = [
            EntryShape(position=position, entry=entry.decode(), leaf_hash=_text(leaf_hash(entry)))
            for position, entry, _ in log.leaves(after, upto=min(after + limit, head))
        ]
        address = request.build_absolute_uri(reverse("api:ledger-entries"))
        following = f"{address}?after={after + limit}&limit={limit}" if after + limit < head else None
        return EntriesShape(results=found, next=following)


class ReceiptKept(Read):
    """An answer that was kept for `receipt=1`, with the question that it answers."""

    tag = "ledger"
    shape = ReceiptShape
    problems = ("not-kept",)
    path_parameters = (
        Parameter(name="receipt", form=RECEIPT, example="0" * 64, description="As the header `Receipt` gave it."),
    )

    def answer(self, request: HttpRequest, values: dict[str, Any], **path: Any) -> ReceiptShape:
        kept = Receipt.objects.filter(sha256=path["receipt"]).first()
        if kept is None:
            raise Problem("not-kept", f"there is no receipt {path['receipt']!r}; a header `Receipt` gave none so")
        return ReceiptShape(
            receipt=kept.sha256,
            path=kept.path,
            position=kept.position,
            kept_at=kept.kept_at,
            answer=bytes(kept.answer).decode(),
        )


def _required(name: str, values: dict[str, Any]) -> int:
    if values[name] is None:
        detail = f"{name} is required; write {POSITION.accepted}"
        raise wrong(
            [ProblemError(code="malformed-parameter", detail=detail, parameter=name, accepted=POSITION.accepted)]
        )
    return int(values[name])


urlpatterns = [
    path("checkpoint/", LedgerCheckpoint.as_view(), name="ledger-checkpoint"),
    path("proofs/inclusion/", InclusionProof.as_view(), name="inclusion-proof"),
    path("proofs/consistency/", ConsistencyProof.as_view(), name="consistency-proof"),
    path("receipts/<str:receipt>/", ReceiptKept.as_view(), name="receipt"),
    path("entries/", LedgerEntries.as_view(), name="ledger-entries"),
]
