"""Handles one HTTP request: login, decryption, the operation, the answer, and an injected fault.

aiohttp delivers the requests by its low-level server, which has no router but gives access to the connection's
transport; NTLM and the faults need this.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from moveready.lab import encryption, ews, wsman
from moveready.lab.auth import MUTUAL, LoginAnswer, ask_by_certificate, carries_credential
from moveready.lab.faults import LOGIN, Fault, FaultKind
from moveready.lab.log import Entry, RequestLog
from moveready.lab.shell_table import Caller
from moveready.lab.spoiling import Connection, for_ever, show_time, spoiled
from moveready.lab.visits import Reply, Visit, exchange_of
from moveready.lab.wsman_faults import WsmanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.lab.auth import LoginPolicy
    from moveready.lab.certificates import Certificates
    from moveready.lab.node import Node, NodeContext
    from moveready.lab.profile import LoginProfile

_LOGGER = logging.getLogger(__name__)
_SOAP = "application/soap+xml;charset=UTF-8"
_PATHS = {"exchange": "/powershell", "windows": "/wsman"}
_KINDS = {"Create": "create-shell", "Delete": "delete-shell"}
_LONGEST_REQUEST_BYTES = 8 * 1024 * 1024


class Front:
    """Answers every request to every server."""

    def __init__(
        self,
        world: NodeContext,
        profile: LoginProfile,
        certificates: Certificates,
        log: RequestLog,
        visited: Callable[[web.BaseRequest], tuple[Node, str]],
    ) -> None:
        """`visited` finds the node and channel of a request by the local address it reached."""
        self._world = world
        self._profile = profile
        self._certificates = certificates
        self._log = log
        self._visited = visited

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; an error of the lab itself becomes a 500 and is written to Python's log."""
        node, channel = self._visited(request)
        if (transport := request.transport) is None:
            raise ConnectionResetError
        body = await request.read()
        if carries_credential(request.headers.get("Authorization")):
            self._log.add_credential(node.server.fqdn)
        if (fault := self._world.faults.for_silence(node.server.fqdn, channel)) is not None:
            await (asyncio.sleep(fault.seconds) if fault.seconds else for_ever())
        visit = Visit(node, channel, request, transport, body, node.login_of(transport, channel))
        answer = self._https if channel == "https" else self._winrm
        try:
            reply, verdict = await answer(visit)
        except Exception:  # the connection, and with it the login, must survive
            _LOGGER.exception("the lab failed to answer %s of %s", visit.path, visit.server)
            reply, verdict = Reply(500), LoginAnswer(visit.login.user)
        return await self._deliver(visit, reply, verdict)

    async def _https(self, visit: Visit) -> tuple[Reply, LoginAnswer]:
        now = self._world.now()
        server = visit.node.server
        early = ews.answer_before_login(server, visit.path, now)
        if early is not None:
            return await self._ews_reply(early), LoginAnswer(None)
        verdict = self._login_verdict(visit)
        if verdict.user is None:
            challenge = _challenge(verdict, Reply(401, headers=ews.stamps_of_iis(server), what=visit.path))
            return await self._of_the_login(visit, challenge, verdict)
        fault = self._world.faults.for_request(visit.server, visit.channel, visit.request.method)
        if (injected := await self._injected(visit, fault)) is not None:
            return injected, verdict
        client = visit.request.remote or "127.0.0.1"
        asked = visit.request.path_qs
        late = ews.answer_after_login(server, asked, verdict.user, client, self._world.now())
        return replace(await self._ews_reply(late), fault=fault), verdict

    @staticmethod
    async def _ews_reply(answer: ews.EwsAnswer) -> Reply:
        if answer.status == 0:
            await for_ever()
        return Reply(answer.status, answer.body, headers=answer.headers, kind="get")

    def _login_verdict(self, visit: Visit) -> LoginAnswer:
        """The result of the login; an injected fault turns a success into a refusal."""
        tls = visit.tls
        bindings = None if tls is None else self._certificates.bindings_of(tls)
        policy = self._profile.policy_for(visit.channel, visit.node.server, bindings)
        verdict = _asked(visit, policy)
        if verdict.completed and self._world.faults.for_login(visit.server, visit.channel) is not None:
            visit.login.user = None
            return LoginAnswer(None, policy.schemes)
        return verdict

    async def _winrm(self, visit: Visit) -> tuple[Reply, LoginAnswer]:
        if visit.channel == "exchange" and visit.node.server.iis_is_down(self._world.now()):
            return Reply(503, _UNAVAILABLE, "text/html; charset=us-ascii", _HTTP_SYS), LoginAnswer(None)
        if visit.path.rstrip("/").lower() != _PATHS[visit.channel]:
            return Reply(404, headers=_HTTP_SYS, what=visit.path), LoginAnswer(None)
        if visit.request.headers.get("WSMANIDENTIFY", "").lower() == "unauthenticated":
            return Reply(200, wsman.identity_envelope(), _SOAP, _HTTP_SYS, "identify"), LoginAnswer(None)
        verdict = self._login_verdict(visit)
        if verdict.user is None:
            closes = visit.login.context is None and self._profile.closes_after_challenge(visit.channel)
            challenge = _challenge(verdict, Reply(401, headers=_HTTP_SYS, is_last=closes))
            return await self._of_the_login(visit, challenge, verdict)
        if not visit.body:
            return await self._of_the_login(visit, Reply(200, headers=_HTTP_SYS, kind="login"), verdict)
        return await self._operation(visit, verdict), verdict

    async def _of_the_login(self, visit: Visit, reply: Reply, verdict: LoginAnswer) -> tuple[Reply, LoginAnswer]:
        """The reply to a request of a login, or what an injected fault makes of it: then the login does not go on."""
        fault = self._world.faults.for_request(visit.server, visit.channel, LOGIN)
        injected = await self._injected(visit, fault)
        return (replace(reply, fault=fault), verdict) if injected is None else (injected, LoginAnswer(None))

    async def _operation(self, visit: Visit, verdict: LoginAnswer) -> Reply:
        sealed = encryption.is_sealed(visit.request.headers.get("Content-Type", ""))
        if not sealed and visit.tls is None:
            # AllowUnencrypted is false by default on every WinRM service.
            return Reply(500, headers=_HTTP_SYS)
        try:
            context = visit.login.context
            envelope = encryption.unsealed(visit.body, context) if sealed and context else visit.body
        except Exception:  # noqa: BLE001  # bytes of another context: WinRM says no more than this
            return Reply(500, headers=_HTTP_SYS)
        reply = await self._answer_envelope(visit, verdict.user or "", envelope)
        reply = replace(reply, asked=envelope, answered=reply.body)
        if not sealed or context is None or reply.content_type != _SOAP:
            return reply
        framing = encryption.framing_for(visit.login.scheme, exchange=visit.channel == "exchange")
        body = encryption.sealed(reply.body, context, framing)
        if reply.fault is not None and reply.fault.kind is FaultKind.BROKEN_SEAL:
            body = encryption.altered(body)
        return replace(reply, body=body, content_type=framing.content_type)

    async def _answer_envelope(self, visit: Visit, user: str, envelope: bytes) -> Reply:
        request = wsman.WsmanRequest("")
        try:
            request = wsman.request_from(envelope)
            return await self._carry_out(visit, user, request)
        except WsmanError as error:
            body = wsman.fault_envelope(error, request.message_id, visit.server)
            return Reply(500, body, _SOAP, _HTTP_SYS, _kind_of(request.action), visit.path)

    async def _carry_out(self, visit: Visit, user: str, request: wsman.WsmanRequest) -> Reply:
        fault = self._world.faults.for_request(visit.server, visit.channel, request.action)
        if (injected := await self._injected(visit, fault)) is not None:
            return replace(injected, kind=_kind_of(request.action))
        if request.action == "Identify":
            return Reply(200, wsman.identity_envelope(), _SOAP, _HTTP_SYS, "identify", visit.path, fault)
        if fault is not None and fault.kind is FaultKind.IDLED_OUT:
            visit.node.shells[visit.channel].drop()
        kind, what = _kind_of(request.action), visit.path
        if fault is not None and fault.kind is FaultKind.GARBAGE_FRAGMENT:
            body = wsman.received_body([fault.body], request.command_id, done=False)
        else:
            caller = Caller(user, visit.request.remote or "")
            answer = await visit.node.shells[visit.channel].answer(request, caller)
            body = answer.body
            if answer.lines:
                kind, what = "command", "; ".join(answer.lines)
        if fault is not None and fault.kind is FaultKind.WRONG_RELATES_TO:
            request = replace(request, message_id="uuid:00000000-0000-0000-0000-000000000000")
        return Reply(200, wsman.envelope_of(request, body), _SOAP, _HTTP_SYS, kind, what, fault)

    async def _injected(self, visit: Visit, fault: Fault | None) -> Reply | None:
        """The reply of a fault that replaces the operation; None if the operation goes on."""
        if fault is None:
            return None
        match fault.kind:
            case FaultKind.HANG:
                await for_ever()
            case FaultKind.SLOW:
                await asyncio.sleep(fault.seconds)
            case FaultKind.DROP:
                return Reply(0, what=visit.path, fault=fault)
            case FaultKind.STATUS:
                return Reply(fault.status, fault.body, fault.content_type, fault.headers, what=visit.path)
            case FaultKind.REDIRECT:
                status = fault.status if fault.status // 100 == 3 else 302  # noqa: PLR2004
                return Reply(status, headers=(("Location", fault.location),), what=visit.path)
            case FaultKind.WSMAN_FAULT:
                raise WsmanError(fault.code, fault.message)
            case _:
                pass
        return None

    async def _deliver(self, visit: Visit, reply: Reply, verdict: LoginAnswer) -> web.StreamResponse:
        await asyncio.sleep(visit.node.server.latency_seconds)
        self._log.add(
            Entry(
                when=self._world.now(),
                server=visit.server,
                channel=visit.channel,
                kind=reply.kind,
                user=verdict.user,
                what=reply.what or visit.path,
                status=reply.status,
                logged_in=verdict.completed,
            ),
            len(visit.body) + len(reply.body),
        )
        response = web.Response(status=reply.status or 200, body=reply.body)
        response.headers.setdefault("Server", "Microsoft-HTTPAPI/2.0")
        show_time(response, self._world.faults.for_clock(visit.server, visit.channel), self._world.now())
        if reply.content_type:
            response.headers["Content-Type"] = reply.content_type
        for name in {name for name, _ in reply.headers}:
            response.headers.pop(name, None)
        for name, value in reply.headers:
            response.headers.add(name, value)
        for value in verdict.headers if reply.status != 401 else ():  # noqa: PLR2004
            response.headers.add("WWW-Authenticate", value)
        if reply.is_last:
            response.force_close()
        if self._world.dump is not None:
            self._world.dump.add(exchange_of(visit, reply, response))
        return await spoiled(Connection(visit.request, visit.transport), response, reply.body, reply.fault)


_UNAVAILABLE = b"<h2>Service Unavailable</h2><hr><p>HTTP Error 503. The service is unavailable.</p>"
_HTTP_SYS = (("Server", "Microsoft-HTTPAPI/2.0"),)


def _asked(visit: Visit, policy: LoginPolicy) -> LoginAnswer:
    authorization = visit.request.headers.get("Authorization")
    if authorization == MUTUAL and visit.channel == "windows" and visit.tls is not None:
        peer = visit.transport.get_extra_info("ssl_object").getpeercert()
        return ask_by_certificate(visit.login, peer or {}, policy)
    return visit.login.ask(authorization, policy)


def _challenge(verdict: LoginAnswer, reply: Reply) -> Reply:
    headers = tuple(("WWW-Authenticate", value) for value in verdict.headers)
    return replace(reply, status=401, kind="challenge", headers=reply.headers + headers)


def _kind_of(action: str) -> str:
    return _KINDS.get(action, action.lower() if action.isalpha() else "other")
