"""Channels: where messages go, each an apprise URL, and a name for each that is fit to be shown.

Such a URL often holds a password or a token, so it may be given by reference, as passwords are: `env:NAME`,
`file:PATH`, `keyring:SERVICE/USER`. No name, no `repr` and no message of this module shows any part of a URL but its
scheme and a host name that any observer of the network sees anyway. Errors are `ValueError("problem. Mend.")`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.inventory.secrets import PASSWORD_SCHEMES, Secret, secret_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_MAIL = frozenset({"mailto", "mailtos"})
_WITH_HOST = _MAIL | {"form", "forms", "http", "https", "json", "jsons", "xml", "xmls"}
"""Where the host is that of a server. In the URLs of most services (`slack://TOKEN/...`) it is a part of the secret."""
_NAMELESS = "channel"
_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9]{0,19})://", re.IGNORECASE | re.ASCII)
# A host is shown only where nothing else can be meant: of a password with an unescaped `/`, `?`, `#` or `@`, the part
# before that character would look like a host. So another `@` may only be in an address to which mail goes.
_HOST = re.compile(
    r"(?:[^/?#@]*@)?(?P<host>(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63})(?::\d{1,5})?"
    r"(?:/[^@?]*)?(?:\?(?:(?:to|from|cc|bcc|reply)=[^&]*|[^@&]*)(?:&(?:(?:to|from|cc|bcc|reply)=[^&]*|[^@&]*))*)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where messages go.

    Attributes:
        name: For people; holds no secret, and no two channels of a run have the same.
        url: For apprise; it may hold a secret.
    """

    name: str
    url: Secret

    @property
    def is_mail(self) -> bool:
        """Whether it takes a page of HTML."""
        return _scheme_of(self.url.reveal()) in _MAIL


def channels_from(values: Iterable[str], folder: Path, environ: Mapping[str, str]) -> list[Channel]:
    """The channels that these values name, each once, in their order.

    Args:
        values: Apprise URLs, or references to them.
        folder: What a relative PATH of a reference is relative to.
        environ: Environment variables.

    Raises:
        ValueError: A value is neither, or a reference leads to no URL.
    """
    urls = list(dict.fromkeys(_url_from(value.strip(), folder, environ) for value in values))
    names = [safe_name_of(url) for url in urls]
    return [Channel(name, Secret(url)) for name, url in zip(_numbered(names), urls, strict=True)]


def safe_name_of(url: str) -> str:
    """`mailtos (smtp.contoso.com)`, `slack`: the scheme, and the host where it is no secret; `channel` for no URL."""
    scheme = _scheme_of(url)
    if scheme not in _WITH_HOST:
        return scheme or _NAMELESS
    match = _HOST.fullmatch(url.partition("://")[2])
    return f"{scheme} ({match['host'].lower()})" if match else scheme


def _url_from(value: str, folder: Path, environ: Mapping[str, str]) -> str:
    scheme, _, rest = value.partition(":")
    if scheme in PASSWORD_SCHEMES and "://" not in rest:
        return _url_behind(value, folder, environ)
    if scheme in PASSWORD_SCHEMES or not _scheme_of(value):
        raise ValueError(
            "a channel for messages is no URL. Write a URL of apprise, such as `mailtos://...`, or, as it holds a"
            " secret, a reference to it: `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`."
        )
    return value


def _url_behind(reference: str, folder: Path, environ: Mapping[str, str]) -> str:
    url = secret_from(reference, folder, environ, "URL").reveal().strip()
    if not _scheme_of(url):
        raise ValueError(f"`{reference}` leads to no URL. Store a URL of apprise there, such as `mailtos://...`.")
    return url


def _scheme_of(url: str) -> str:
    """In lower case; "" where there is none."""
    match = _SCHEME.match(url)
    return match["scheme"].lower() if match else ""


def _numbered(names: list[str]) -> list[str]:
    """`slack #1`, `slack #2` where there are two of a name."""
    of_name = Counter(names)
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(f"{name} #{seen[name]}" if of_name[name] > 1 else name)
    return numbered
