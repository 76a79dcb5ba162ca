"""What `python -m moveready.lab` prints: where the servers listen, and ready commands that reach one of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from moveready.lab.server import Lab

_SHOWN = 20
"""How many servers are listed; the inventory has them all."""


def guide_text(lab: Lab, inventory_file: Path) -> str:
    """The text for the terminal, without a newline at its end."""
    return "\n".join(_lines(lab, inventory_file))


def _lines(lab: Lab, inventory_file: Path) -> Iterator[str]:
    yield f"{len(lab.ports)} simulated Exchange servers of {lab.organization.name} are listening on 127.0.0.1."
    yield ""
    scheme = "https" if lab.windows_tls else "http"
    for server, ports in list(lab.ports.items())[:_SHOWN]:
        yield (
            f"  {server:<26} Exchange http://127.0.0.1:{ports['exchange']}/PowerShell"
            f"   Windows {scheme}://127.0.0.1:{ports['windows']}/wsman"
            f"   HTTPS https://127.0.0.1:{ports['https']}/EWS/mrsproxy.svc"
        )
    if len(lab.ports) > _SHOWN:
        yield f"  ... and {len(lab.ports) - _SHOWN} more; the inventory has them all"
    yield ""
    if lab.has_kerberos:
        yield f"Log in as   {lab.account.upn}   or another user of your KDC: kinit first"
    else:
        yield f"Log in as   {lab.account.username}   with the password   {lab.account.password}"
    yield f"Authority   {lab.ca_file}"
    yield f"Inventory   {inventory_file}"
    server, ports = next(iter(lab.ports.items()))
    yield ""
    yield "The checks:"
    yield f'  pytest --inventory "{inventory_file}"'
    yield ""
    yield "curl:"
    yield (
        f'  curl {_curl_login(lab)} --cacert "{lab.ca_file}"'
        f" --resolve {server}:{ports['https']}:127.0.0.1 https://{server}:{ports['https']}/EWS/mrsproxy.svc"
    )
    yield ""
    yield "pypsrp, in Python:"
    yield from (f"  {line}" for line in _pypsrp_lines(lab, server, ports["exchange"]))
    yield ""
    yield "Ctrl-C ends the lab."


def _curl_login(lab: Lab) -> str:
    if lab.has_kerberos:
        return "--negotiate --user :"
    return f'--ntlm --user "{lab.account.username}:{lab.account.password}"'


def _pypsrp_lines(lab: Lab, server: str, port: int) -> Iterator[str]:
    yield "from pypsrp.powershell import PowerShell, RunspacePool"
    yield "from pypsrp.wsman import WSMan"
    if lab.has_kerberos:
        yield f'wsman = WSMan("127.0.0.1", port={port}, path="PowerShell", ssl=False, auth="kerberos",'
        yield f'              negotiate_service="http", negotiate_hostname_override={server!r})'
    else:
        yield f'wsman = WSMan("127.0.0.1", port={port}, path="PowerShell", ssl=False, auth="ntlm",'
        yield f"              username={lab.account.username!r}, password={lab.account.password!r})"
    yield 'with RunspacePool(wsman, configuration_name="Microsoft.Exchange") as pool, PowerShell(pool) as shell:'
    yield '    print(*shell.add_cmdlet("Get-ExchangeServer").invoke(), sep="\\n")'
