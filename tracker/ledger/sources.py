"""The very source files of the folds: what a bundle carries so that an outsider can fold the log again."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

from tracker.projections import Projection


def fold_sources(kinds: list[Projection]) -> dict[str, bytes]:
    """Path inside the package root → source, of every module that the folds import, data files beside them too."""
    found: dict[str, bytes] = {}
    todo = [kind.fold.__module__ for kind in kinds] + ["tracker.boxes", "tracker.corrections", "tracker.ledger.state"]
    roots = {name.partition(".")[0] for name in todo}
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in seen or (file := _file(name)) is None:
            continue
        seen.add(name)
        place = Path(_place(name, file))
        found |= {str(place.with_name(data.name)): data.read_bytes() for data in [file, *file.parent.glob("*.toml")]}
        packages = [name.rpartition(".")[0]] if "." in name else []
        todo += [item for item in [*packages, *_imports(name, file)] if item.partition(".")[0] in roots]
    return dict(sorted(found.items()))


def _file(name: str) -> Path | None:
    """The file of a module; None where a name is not a module, such as a function."""
    module: ModuleType | None = sys.modules.get(name)
    if module is not None:
        return Path(module.__file__) if module.__file__ else None
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _place(name: str, file: Path) -> str:
    path = name.replace(".", "/")
    return f"{path}/__init__.py" if file.name == "__init__.py" else f"{path}.py"


@cache
def _imports(name: str, file: Path) -> tuple[str, ...]:
    """Every module that a source file names in an import, and every name imported from one: it may be a module."""
    return tuple(_named(name, file))


def _named(name: str, file: Path) -> Iterator[str]:
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
