"""The environment of a test run, set before the settings are read: data of its own, plain static files."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

os.environ["LANCASTER_PROFILE"] = "test"
os.environ.setdefault("LANCASTER_DATA", str(ROOT / "var" / "test"))
os.environ.setdefault("SECRET_KEY", "the key of the tests alone")
if not (os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL")):
    os.environ.setdefault("LANCASTER_EMBEDDED", "1")
