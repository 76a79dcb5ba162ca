"""The result of one call, kept for several users: what it returned, or what it raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from moveready.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt(Generic[T]):
    """The result of a call, or its exception."""

    value: T | None = None
    error: BaseException | None = None

    @classmethod
    def of(cls, call: Callable[[], T]) -> Attempt[T]:
        """Call it; never raises."""
        try:
            return cls(call())
        except BaseException as error:  # noqa: BLE001 - it is raised to each of those who need the result
            return cls(error=error)

    def result(self) -> T:
        """What the call returned, or raise what it raised; each caller gets its own copy of an `EvidenceError`."""
        if isinstance(self.error, EvidenceError):
            raise type(self.error)(*self.error.args)
        if self.error is not None:
            raise self.error
        return cast("T", self.value)
