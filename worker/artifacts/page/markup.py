"""Builds HTML in which nothing that anybody wrote becomes markup."""

from __future__ import annotations

from html import escape

VOID = frozenset({"meta", "img", "br", "link", "rect", "line", "circle", "path", "use"})
"""Elements without an end; those of SVG among them end themselves."""


class Html(str):
    """Markup that was built here. Any other string is text."""

    __slots__ = ()


Child = str | None
"""Text, markup, or nothing."""


def h(tag: str, *children: Child, **attributes: str | float | None) -> Html:
    """An element. `class_` stands for class, `stroke_width` for stroke-width; None leaves an attribute out."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID and not children:
        return Html(f"<{tag}{written}/>")
    return Html(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    return Html("".join(_text(child) for child in children if child is not None))


def _text(child: str) -> str:
    return child if isinstance(child, Html) else escape(child)
