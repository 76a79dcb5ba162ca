"""The Jinja2 templates of the pages: what they print is cleaned and escaped, and a value that is missing fails."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from moveready.cleaning import cleaned

if TYPE_CHECKING:
    from jinja2 import Template


def template_named(name: str) -> Template:
    """The template of that file name in `reporting/templates/`."""
    return _environment().get_template(name)


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("moveready.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )


def _cleaned(value: object) -> object:
    """Text without what people cannot see; what a macro gives was cleaned when the macro printed it."""
    return cleaned(value) if isinstance(value, str) and not isinstance(value, Markup) else value
