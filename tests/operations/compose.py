"""The services of docker-compose.yml, run natively: the very commands, on servers of the test's own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.operations.servers import ROOT, Own
from tests.processes import Broker

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = [name for name, service in SERVICES.items() if service.get("image") == "lancaster"]
IMAGE_COMMAND: list[str] = yaml.safe_load(re.findall(r"(?m)^CMD (.*)", (ROOT / "Dockerfile").read_text())[0])
GIVEN = {
    "SECRET_KEY": "fifty-random-characters-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "tracker.example.org",
    "METRICS_TOKEN": "of-the-test",
    "API_ANONYMOUS_PER_MINUTE": "0",
    "POSTGRES_PASSWORD": "first",
    "APPLICATION_PASSWORD": "second",
    "SEALER_PASSWORD": "third",
}
"""What an operator writes into .env."""


def dotenv() -> dict[str, str]:
    """.env.example as an operator completes it."""
    lines = re.findall(r"(?m)^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text())
    return dict(lines) | GIVEN


class Deployment:
    """The set of services. `up` starts one, `run` waits for its end; both take the command from the compose file."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.database = Own(folder / "db")
        self.place = self.database.addresses["DATABASE_OWNER_URL"].partition("@")[2]
        self.broker = Broker(folder / "broker").start()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.database.ask("CREATE ROLE owner SUPERUSER LOGIN")
        self.run_command("web", "python manage.py collectstatic --noinput --verbosity 0")

    def environment(self, service: str) -> dict[str, str]:
        """The variables of a service, with the addresses of the containers replaced by those of this machine."""
        found = {**dotenv(), **SERVICES[service]["environment"]}
        found = {
            name: Template(re.sub(r"(\$\{\w+):[^}]*", r"\1", value)).safe_substitute(GIVEN)
            for name, value in found.items()
        }
        for name, value in found.items():
            if value.startswith("postgresql://") and "@db:" in value:
                found[name] = f"postgresql://{urlsplit(value).username}@{self.place}"
        found |= {"REDIS_URL": self.broker.url, "LANCASTER_DATA": str(self.folder / "var")}
        return found | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def command(self, service: str) -> list[str]:
        words = SERVICES[service].get("command") or IMAGE_COMMAND
        return self._here(shlex.split(words) if isinstance(words, str) else words)

    def _here(self, words: list[str]) -> list[str]:
        there = (("0.0.0.0:8000", f"127.0.0.1:{self.port}"), ("127.0.0.1:8000", f"127.0.0.1:{self.port}"))
        for old, new in (*there, ("/tmp/", f"{self.folder}/")):
            words = [word.replace(old, new) for word in words]
        return words

    def up(self, service: str) -> None:
        with self.log(service).open("wb") as log:
            self.running[service] = subprocess.Popen(
                self.command(service),
                cwd=ROOT,
                env=self.environment(service),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, service: str) -> None:
        """Runs a service that ends; it must end well."""
        self.up(service)
        code = self.running.pop(service).wait(timeout=300)
        assert code == 0, self.log(service).read_text()

    def run_command(self, service: str, words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._here(shlex.split(words)),
            cwd=ROOT,
            env=self.environment(service),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def log(self, service: str) -> Path:
        return self.folder / f"{service}.log"

    def is_healthy(self, service: str) -> bool:
        """What the compose file's health check says."""
        assert self.running[service].poll() is None, self.log(service).read_text()
        return self.run_command(service, SERVICES[service]["healthcheck"]["test"]).returncode == 0

    def down(self) -> dict[str, int]:
        """The polite end, as `docker compose stop` sends it; each service's exit code."""
        for process in self.running.values():
            process.terminate()
        codes = {}
        for name, process in self.running.items():
            try:
                codes[name] = process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait()
        self.running.clear()
        return codes

    def remove(self) -> None:
        self.down()
        self.broker.kill()
        self.database.stop()
