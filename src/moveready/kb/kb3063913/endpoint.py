"""The endpoint as evidence of this KB: it is asked after the event log, and judged for the version of Exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moveready.evidence.directory import EWS_DIRECTORY
from moveready.evidence.marking import marked
from moveready.evidence.mrsproxy_endpoint import MRSPROXY_PATH, EndpointAnswer, read_endpoint
from moveready.evidence.questions import Request
from moveready.evidence.subject import Scope, ServerSubject, declare
from moveready.kb.kb3063913.events import MRSPROXY_EVENTS

if TYPE_CHECKING:
    from moveready.evidence import Facts


def _refined(seen: EndpointAnswer, facts: Facts) -> EndpointAnswer:
    """The answer, judged for the version of Exchange in the directory, if the directory gives one."""
    directory = facts.had(EWS_DIRECTORY)
    return seen.judged_for(directory.version if directory else None)


ENDPOINT_ANSWER = declare(
    ServerSubject(
        name="endpoint_answer",
        type=EndpointAnswer,
        scope=Scope.HTTPS,
        ask=lambda _, context: (Request(marked(MRSPROXY_PATH, context.run)),),
        read=lambda server, _, answer: read_endpoint(answer, server.url_of(MRSPROXY_PATH)),
        after=(MRSPROXY_EVENTS,),  # a request to a disabled MRSProxy writes to the log
        refine=_refined,
        refined_by=(EWS_DIRECTORY,),
        usable=EndpointAnswer.conclusive,
    )
)
