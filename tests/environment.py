"""The environment of a test run, set before the settings are read.

Data of its own, so that the demo's is never touched; a database and a broker prefix for each process, so that the
workers of one run, and two runs at once, do not disturb each other.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

os.environ["LANCASTER_PROFILE"] = "test"
os.environ["BROKER_KEY_PREFIX"] = f"test-{os.getpid()}:"
os.environ.setdefault("LANCASTER_DATA", str(ROOT / "var" / "test"))
os.environ.setdefault("SECRET_KEY", "the key of the tests alone")
if not (os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL")):
    os.environ.setdefault("LANCASTER_EMBEDDED", "1")
