"""Names that an inventory may have: of hosts, groups, credentials, sites.

Pure.

Names are used in test ids, JUnit and HTML, so few characters are allowed: an accepted name needs no escaping anywhere.
A function `..._from` returns the name in its normal form, or raises `ValueError("problem. Hint.")`.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

# RFC 1123, section 2.1: letters, digits and hyphens, no hyphen at either end. ASCII only.
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_CONFIGURATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NOT_OF_A_FILE = re.compile(r"[^A-Za-z0-9.-]")
LONGEST_HOST = 253  # characters, RFC 1035
LONGEST_LABEL = 100  # characters
LONGEST_TEXT = 500  # characters


def fqdn_from(text: str) -> str:
    """A fully qualified domain name, in lower case."""
    if is_address(text):
        raise ValueError("this is an address, not a name. Write the FQDN, and the address as `address:` beside it.")
    labels = text.split(".")
    if not _is_host(text) or len(labels) == 1 or labels[-1].isdigit():
        raise ValueError("this is not an FQDN. Write a name such as `ex01.contoso.com`: letters, digits, `-`, dots.")
    return text.lower()


def host_from(text: str) -> str:
    """An address, or a host name with or without its domain, in lower case."""
    if not is_address(text) and not _is_host(text):
        raise ValueError("this is neither an address nor a host name. Write one such as `10.1.2.3`.")
    return text.lower()


def word_from(text: str) -> str:
    """The name of a group or credential."""
    if not _WORD.fullmatch(text):
        raise ValueError(
            "this name cannot be used. Use letters, digits, `-` and `_`, 63 at most, a letter or digit first."
        )
    return text


def configuration_from(text: str) -> str:
    """The name of a session configuration; it becomes a part of a resource's URI (MS-PSRP 3.1.5.3.1)."""
    if not _CONFIGURATION.fullmatch(text):
        raise ValueError("this is no session configuration. Write the name that it was registered with: `moveready`.")
    return text


def label_from(text: str) -> str:
    """Free text of one line, such as a site; a comma would split `--limit`, the others have a meaning in HTML."""
    label = text.strip()
    if not label or len(label) > LONGEST_LABEL or not label.isprintable() or set(label) & set(',<>&"'):
        raise ValueError(f'this name cannot be used. Write up to {LONGEST_LABEL} characters, none of them , < > & ".')
    return label


def text_from(text: str) -> str:
    """Free text of one line, such as a reason."""
    if not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
        raise ValueError(f"this text cannot be used. Write one line of up to {LONGEST_TEXT} characters.")
    return text.strip()


def file_name_from(text: str) -> str:
    """Any name as part of a file's name, on every system: letters, digits, dots and hyphens, in lower case."""
    return _NOT_OF_A_FILE.sub("_", text).lower()


def is_address(text: str) -> bool:
    """Whether this is an IPv4 or IPv6 address without a zone such as `%eth0`, because a zone can be any text."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_host(text: str) -> bool:
    return len(text) <= LONGEST_HOST and all(_LABEL.fullmatch(label) for label in text.split("."))
