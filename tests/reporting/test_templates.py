"""What a template prints is cleaned and escaped, once."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from moveready.reporting.templates import template_named


def text_of(source: str, **values: object) -> str:
    """What a template with this source prints in the environment of all templates."""
    return template_named("servers.html.j2").environment.from_string(source).render(**values)


def test_text_is_escaped_and_cleaned() -> None:
    """Markup, quotes, and what turns the direction of writing."""
    assert text_of("<b>{{ said }}</b>", said='<i>"\u202e\x00') == "<b>&lt;i&gt;&#34;\ufffd\ufffd</b>"


def test_numbers_stay_numbers() -> None:
    """Nothing but text is cleaned."""
    assert text_of("{{ number + 1 }}", number=1) == "2"


def test_macro_is_escaped_once() -> None:
    """What it prints is markup, with text in it that was escaped already."""
    source = "{% macro cell(said) %}<td>{{ said }}</td>{% endmacro %}{{ cell(said) }}"

    assert text_of(source, said="<&\x1b") == "<td>&lt;&amp;\ufffd</td>"


def test_missing_value_fails() -> None:
    """A page with a hole is worse than none."""
    with pytest.raises(UndefinedError):
        text_of("{{ nobody.gave_it }}")
