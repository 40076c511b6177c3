"""Errands: done beside the work, once for all who ask before they begin."""

import os
from contextvars import ContextVar
from threading import Event

from tracker.errands import Errand


def test_whoever_asks_does_not_wait():
    may_end, done = Event(), []

    def work():
        may_end.wait(30)
        done.append("done")
        return 0

    errand = Errand(work)
    errand.ask()
    assert done == []
    may_end.set()
    errand.settle()
    assert done == ["done"]


def test_what_is_asked_before_it_began_is_done_once_and_what_is_asked_after_once_more():
    begun, may_end, done = Event(), Event(), []

    def work():
        begun.set()
        may_end.wait(30)
        done.append("done")
        return 0

    errand = Errand(work)
    errand.ask()
    assert begun.wait(30)
    for _ in range(5):
        errand.ask()
    may_end.set()
    errand.settle()
    assert done == ["done", "done"]


def test_a_storm_of_asking_becomes_few_errands():
    done = []

    def work():
        done.append("done")
        return 600

    errand = Errand(work)
    for _ in range(100):
        errand.ask()
    errand.settle()
    assert len(done) in (1, 2)


def test_it_is_done_in_the_context_of_who_asked():
    asker, seen = ContextVar("asker", default="nobody"), []

    def work():
        seen.append(asker.get())
        return 0

    errand = Errand(work)
    asker.set("a request")
    errand.ask()
    errand.settle()
    assert seen == ["a request"]


def test_a_child_of_a_fork_has_a_thread_of_its_own():
    reader, writer = os.pipe()

    def work():
        return os.write(writer, b"x") * 0

    errand = Errand(work)
    errand.ask()
    errand.settle()
    if os.fork() == 0:
        try:
            errand.ask()
            errand.settle()
        finally:
            os._exit(0)
    os.wait()
    os.close(writer)
    assert os.read(reader, 10) == b"xx"
