"""Lancaster's arms: the product's own code on its own tables, in a database of its own."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

from tests.benchmarks.harness import Arm, milliseconds, rate
from tests.benchmarks.workload import BEGIN, Change, changes, later

IN_STEPS = 10_000
"""Events of which the projection in steps is timed at most."""


def events(work: Iterable[Change]) -> list[Any]:
    """The workload in the vocabulary: a description and an adoption, then changes of the rate."""
    from measures.events import measures
    from measures.obligations import AdValorem
    from tracker.envelope import Meta, NewEvent
    from tracker.events import Source

    meta = Meta(actor="bench", approval="imported", origin="import bench")
    found: list[NewEvent] = []
    for change in work:
        source = Source(title=f"Notice {change.number}", publisher="Gazette", url=change.url, official=True)
        common: dict[str, Any] = {"sources": (source,), "summary": change.summary}
        effective, obligation = change.effective_from.isoformat(), AdValorem(percent=Decimal(change.percent))
        if change.first:
            payload: Any = measures.Adopted(obligation=obligation, effective_from=effective, **common)
        else:
            payload = measures.RateChanged(obligation=obligation, effective_from=effective, **common)
        stream = f"measure/{change.slug}"
        found.append(NewEvent(stream=stream, payload=payload, meta=meta, known_from=change.known_from))
    return found


def empty() -> None:
    from tracker.testing import wipe

    wipe()


WARM = 50
"""Events that each writer records before the clock runs: what a process does once is not what an event costs."""


def append_singly(scale: int) -> float:
    empty()
    work = list(changes(2000 + WARM))
    return rate(2000, begun_appending(work))


def begun_appending(work: Sequence[Change]) -> Callable[[], int]:
    """A writer that has begun; called, it appends the rest one by one."""
    from tracker import log

    def record(some: Sequence[Change]) -> int:
        for change in some:
            log.append(events([change]))
        return len(some)

    record(work[:WARM])
    return partial(record, work[WARM:])


def append_in_batches(scale: int) -> float:
    from tracker import log

    empty()
    work = events(changes(21_000))
    log.append(work[:1000])
    return rate(20_000, lambda: [log.append(work[at : at + 1000]) for at in range(1000, len(work), 1000)])


def append_by_eight(scale: int) -> float:
    """Eight processes, each with streams of its own."""
    empty()
    return in_processes(eighths(list(changes(4000))), begun_appending)


def eighths(work: Sequence[Change]) -> list[list[Change]]:
    """What each of eight writers writes: the streams are shared out."""
    return [[change for change in work if change.stream % 8 == part] for part in range(8)]


def in_processes(parts: Sequence[Any], begin: Callable[[Any], Callable[[], int]]) -> float:
    """Events a second of several processes that start together once each has begun."""
    from django.db import connections

    connections.close_all()
    context = multiprocessing.get_context("fork")
    ready, done = context.Barrier(len(parts) + 1), context.SimpleQueue()

    def one(part: Any) -> None:
        rest = begin(part)
        ready.wait()
        done.put(rest())

    processes = [context.Process(target=one, args=(part,)) for part in parts]
    for process in processes:
        process.start()
    ready.wait()
    began = time.perf_counter()
    total = sum(_each(done, processes))
    taken = time.perf_counter() - began
    for process in processes:
        process.join()
    return total / taken


def _each(done: Any, processes: Sequence[Any]) -> Iterator[int]:
    """What each process reports. Raises where one ended without a word."""
    for _ in processes:
        while done.empty():
            if any(process.exitcode for process in processes):
                raise RuntimeError("a process of the benchmark failed")
            time.sleep(0.002)
        yield done.get()


def load(scale: int) -> None:
    """A log of `scale` events, not projected yet."""
    from tracker.projections import ensure_checkpoints

    empty()
    append_all(changes(scale))
    ensure_checkpoints()


def append_all(work: Iterable[Change]) -> None:
    from tracker import log

    left = iter(work)
    while batch := events(islice(left, 1000)):
        log.append(batch)


def load_and_project(scale: int) -> None:
    """The same, projected by a rebuild, which takes the least time; what an earlier arm made is kept."""
    from tracker.models import Checkpoint
    from tracker.projections import projections
    from tracker.rebuild import discard_old, rebuild

    if _projected() == scale and not Checkpoint.objects.filter(status="live").exclude(position=scale).exists():
        return
    load(scale)
    for kind in projections():
        rebuild(kind.name)
        discard_old(kind.name)


def _projected() -> int:
    from tracker.models import Checkpoint

    return (
        Checkpoint.objects.filter(projection="measures", status="live").values_list("position", flat=True).first() or 0
    )


def project(scale: int) -> float:
    """From the log to three-clock boxes, in steps: the whole log where it is short, else what comes to a long one."""
    from tracker.projections import catch_up

    if scale <= IN_STEPS:
        load(scale)
        return rate(scale, lambda: catch_up("measures"))
    if not scale <= _projected() <= scale + 10 * IN_STEPS:
        load_and_project(scale)
    begun = _projected()
    append_all(later(scale, begun, begun + IN_STEPS))
    return rate(IN_STEPS, lambda: catch_up("measures"))


def rebuild_all(scale: int) -> float:
    from tracker.rebuild import discard_old, rebuild

    if not scale <= _projected() <= scale + 10 * IN_STEPS:
        load_and_project(scale)
    found = rate(_projected(), lambda: rebuild("measures"))
    discard_old("measures")
    return found


def project_streams_of(length: int) -> float:
    """Milliseconds to project one more event, in order, of a stream that has so many."""
    from tracker import log
    from tracker.projections import ensure_checkpoints, step

    empty()
    ensure_checkpoints()
    chain = [
        Change(n, 0, n == 0, BEGIN + timedelta(days=n), BEGIN + timedelta(days=n + 30), n % 97 + 1)
        for n in range(length + 60)
    ]
    work = events(chain)
    for at in range(0, length, 1000):
        log.append(work[at : min(length, at + 1000)])
    while step("measures"):
        pass
    return milliseconds([partial(_append_and_project, [event]) for event in work[length:]])


def stream_of(length: int) -> Callable[[int], float]:
    return lambda scale: project_streams_of(length)


def _append_and_project(batch: Sequence[Any]) -> None:
    from tracker import log
    from tracker.projections import step

    log.append(batch)
    step("measures")


def append_to_a_log_of(scale: int) -> float:
    """Milliseconds to append one event to a log of so many."""
    from tracker import log

    if log.head().position != scale:
        load(scale)
    batches = [events([Change(n, 3000, False, BEGIN, BEGIN, 7)]) for n in range(200)]
    return milliseconds([partial(log.append, batch) for batch in batches])


def append_and_project_on_a_log_of(scale: int) -> float:
    """Milliseconds to append one event in order and project it, beside a log of so many."""
    load_and_project(scale)
    days = [BEGIN + timedelta(days=n) for n in range(101)]
    batches = [events([Change(n, 3000, n == 0, day, day, 7)]) for n, day in enumerate(days)]
    _append_and_project(batches[0])
    return milliseconds([partial(_append_and_project, batch) for batch in batches[1:]])


ARMS = [
    Arm("append_1", "Lancaster: log.append", append_singly),
    Arm("append_8", "Lancaster: log.append", append_by_eight),
    Arm("append_1000", "Lancaster: log.append", append_in_batches),
    Arm("projection", "Lancaster: projection in steps", project),
    Arm("projection", "Lancaster: rebuild", rebuild_all),
    Arm("growth_log", "Lancaster: log.append at 1/100", lambda scale: append_to_a_log_of(scale // 100)),
    Arm("growth_log", "Lancaster: log.append", append_to_a_log_of),
    Arm(
        "growth_log_projected",
        "Lancaster: an event at 1/100",
        lambda scale: append_and_project_on_a_log_of(scale // 100),
    ),
    Arm("growth_log_projected", "Lancaster: an event", append_and_project_on_a_log_of),
    *(Arm("growth_stream", f"Lancaster: a stream of {length}", stream_of(length)) for length in (10, 100, 1000, 5000)),
]
