"""A symptom: an error text that people paste, and what it means.

The symptoms of a KB stand in its room; those that no room owns stand in `explain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Weight(Enum):
    """How much a text says beside other texts of the same paste."""

    OTHER_MATTER = "it is about something else than the MRSProxy endpoint, whatever else stands in the paste"
    DECISIVE = "it says what happened"
    WRAPPER = "it only wraps what happened; an inner error decides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One error text, or several that mean the same.

    Attributes:
        id: A short name that stays the same, for tests and for whoever reports that a text was misunderstood.
        texts: Each of them is enough. White space and the case of letters do not count; `...` stands for anything.
        status: The HTTP status that says the same where no text is known, or None.
        means: One sentence.
        controls: Ids of the controls or KBs that tell for sure, most suspicious first; empty where none does.
        look: What to look at where moveready has no such control, one sentence.
        is_not: What it is often mistaken for, one sentence.
        source: Where the text and its meaning are from, and how sure that is.
    """

    id: str
    texts: tuple[str, ...] = ()
    status: int | None = None
    means: str
    controls: tuple[str, ...] = ()
    look: str = ""
    is_not: str
    source: str
    weight: Weight = Weight.DECISIVE
