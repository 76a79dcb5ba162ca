"""The KBs: one package each, with the evidence that only this KB needs, its verdicts and its remedies.

No other package names one of them. All are imported here, so that any check can ask for their evidence.
"""

from __future__ import annotations

import importlib
import pkgutil


def load_rooms() -> None:
    """Import the package of every KB; each declares its subjects and its KB."""
    for room in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{room.name}")
