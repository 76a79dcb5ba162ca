"""The KBs: one room each, with the evidence that it alone needs, its verdicts and its remedies.

No other package names a room. All of them are imported here, so that their evidence can be asked for in any check.
"""

from __future__ import annotations

import importlib
import pkgutil


def load_rooms() -> None:
    """Import every room; each declares its subjects and its KB."""
    for room in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{room.name}")
