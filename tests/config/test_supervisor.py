"""The demo's supervisor, with real processes."""

import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from config import demo
from config.supervisor import AlreadyRuns, Ended, Supervisor
from tests.processes import is_running, until

ROOT = Path(__file__).resolve().parent.parent.parent
SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
RUN = textwrap.dedent("""
    import sys
    from pathlib import Path
    from config.supervisor import Supervisor, end_on_signals
    end_on_signals()
    supervisor = Supervisor(Path(sys.argv[1]))
    supervisor.take_over()
    try:
        for name in ("one", "two"):
            supervisor.start(name, sys.executable, "-c", "import time; time.sleep(600)")
        print(*[child.pid for child in supervisor.running.values()], flush=True)
        supervisor.watch()
    finally:
        supervisor.stop()
""")


@pytest.fixture
def supervisor(tmp_path):
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.stop()


def run_of_two(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    run = subprocess.Popen([sys.executable, "-c", RUN, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    return run, [int(pid) for pid in run.stdout.readline().split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process_it_started(tmp_path, number):
    run, children = run_of_two(tmp_path)
    assert all(is_running(pid) for pid in children)
    run.send_signal(number)
    assert run.wait(timeout=30) == 0
    assert not any(is_running(pid) for pid in children)


def test_the_next_run_ends_what_a_killed_one_left(tmp_path, supervisor):
    run, children = run_of_two(tmp_path)
    with pytest.raises(AlreadyRuns):
        supervisor.take_over()
    run.kill()
    run.wait()
    assert all(is_running(pid) for pid in children)
    assert supervisor.take_over() == 2
    assert not any(is_running(pid) for pid in children)
    assert supervisor.take_over() == 0


def test_a_number_that_now_belongs_to_another_process_is_left_alone(supervisor):
    with subprocess.Popen(SLEEPS) as stranger:
        supervisor.register.write_text(f'{{"{stranger.pid}": 1.5}}')
        assert supervisor.take_over() == 0
        assert stranger.poll() is None
        stranger.kill()


def test_a_process_that_ends_stops_the_run_with_the_end_of_its_log(supervisor):
    supervisor.start("web", sys.executable, "-c", "print('no such table'); raise SystemExit(3)")
    with pytest.raises(Ended, match=r"(?s)web ended with code 3.*no such table"):
        supervisor.watch()


def test_a_process_that_ignores_the_polite_end_is_killed_with_its_children(supervisor, monkeypatch):
    monkeypatch.setattr("config.supervisor.STOP_SECONDS", 1)
    supervisor.start("stubborn", sys.executable, "-c", STUBBORN)
    log = supervisor.folder / "stubborn.log"
    until(lambda: log.read_text().strip(), "it has a child")
    supervisor.stop()
    until(lambda: not is_running(int(log.read_text())), "the child is gone")


def test_waiting_for_an_address_returns_when_it_answers(supervisor):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    supervisor.start("web", sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1")
    supervisor.wait_for(f"http://127.0.0.1:{port}/")


def test_a_taken_port_is_explained_in_one_line():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(demo.PortTaken, match=rf"^Port {port} is taken: .* PORT={port + 1} make demo$"):
            demo.require_free(port)
