"""Turns messages of PowerShell remoting into XML and back: the only change to pypsrp's serialiser.

Three things differ from pypsrp. Outputs are passed on as the XML that came, because pypsrp's own reading turns
`<B>maybe</B>` into False and a cut object into a text. A pipeline is turned into XML once, not once for each server:
the message is the same for all (its ids are in the header), and building it takes 1 ms: three of a visit's 20. And
texts of error records lose characters that could harm a report, or that pypsrp itself cannot read.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from pypsrp.messages import CreatePipeline
from pypsrp.serializer import Serializer

from moveready.evidence.clixml import unescaped
from moveready.evidence.xml_text import OversizedXmlError, bounded

if TYPE_CHECKING:
    from moveready.evidence.questions import Pipeline

_MOST_KEPT = 64
"""Pipelines whose XML is kept; a run asks half a dozen, and the fixer some more."""

_LARGEST_MESSAGE = 2**20
"""Most characters of a message that pypsrp reads itself, as it copies each nested element; an error has a few 1,000."""

_WRITTEN: dict[tuple[str, str], bytes] = {}
_KEEPING = threading.Lock()


class Messages(Serializer):
    """Serialiser of one runspace pool; call `asks` before a pipeline is sent."""

    def __init__(self) -> None:
        """There is no question yet."""
        super().__init__()
        self._question: tuple[str, str] | None = None

    def asks(self, pipeline: Pipeline, protocol: str) -> None:
        """Set the question of the next CreatePipeline, and the version of the protocol."""
        self._question = (typed_text(pipeline), protocol)

    def serialize(self, value: Any, metadata: Any = None, parent: Any = None, clear: bool = True) -> Any:  # noqa: ANN401, FBT002 - pypsrp's signature
        """The XML of a value; for a CreatePipeline (MS-PSRP 2.2.2.10) its bytes, which pypsrp sends unchanged."""
        if not isinstance(value, CreatePipeline) or self._question is None:
            return super().serialize(value, metadata, parent, clear)
        written = _WRITTEN.get(self._question)
        if written is None:
            element: Any = super().serialize(value, metadata, parent, clear)
            written = ET.tostring(element, encoding="utf-8")
            _keep(self._question, written)
        return written

    def deserialize(self, element: ET.Element | str, metadata: Any = None, clear: bool = True) -> Any:  # noqa: ANN401, FBT002 - pypsrp's signature
        """A value from XML; an output stays XML. pypsrp reads an output without metadata, and everything else with it.

        See MS-PSRP 2.2.2.19.
        """
        if isinstance(element, str):
            bounded(element)
            if metadata is None:
                return element
            if len(element) > _LARGEST_MESSAGE:
                raise OversizedXmlError(f"a message of PowerShell has {len(element):,} characters")
        return super().deserialize(element, metadata, clear)

    def _deserialize_string(self, value: str | None) -> str:
        """A text of an error record, or of any other message, read like all texts from the wire.

        pypsrp's own method raises for half a surrogate pair, and one error record would end the whole conversation.
        """
        return unescaped(value or "")


def _keep(question: tuple[str, str], written: bytes) -> None:
    with _KEEPING:
        if len(_WRITTEN) >= _MOST_KEPT:
            _WRITTEN.clear()
        _WRITTEN[question] = written


def typed_text(pipeline: Pipeline) -> str:
    """The pipeline with the types of its values: `-Confirm:$false` and `-Confirm 'False'` differ."""
    return repr([(cmdlet.name, cmdlet.arguments, dict(cmdlet.parameters)) for cmdlet in pipeline.cmdlets])
