"""A comment as GitHub would show it: its Markdown to HTML, and that to a picture."""

from __future__ import annotations

import shutil
import struct
import subprocess
from html.parser import HTMLParser
from pathlib import Path

from markdown_it import MarkdownIt

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
STYLE = """
body { font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif, "Noto Color Emoji";
       color: #1f2328; margin: 24px; max-width: 794px }
.box { border: 1px solid #d1d9e0; border-radius: 6px } .top { background: #f6f8fa; padding: 8px 16px; color: #59636e;
       border-bottom: 1px solid #d1d9e0 } .body { padding: 16px } a { color: #0969da; text-decoration: none }
h3 { font-size: 1.25em; line-height: 1.25; margin: 0 0 16px } p, ul, pre, table, details { margin: 0 0 16px }
table { border-collapse: collapse; display: block; width: max-content; max-width: 100%; overflow: auto }
th, td { padding: 6px 13px; border: 1px solid #d1d9e0 } tr:nth-child(2n) td { background: #f6f8fa }
code, pre { font: 12px/1.45 ui-monospace, "Liberation Mono", monospace; background: #818b981f; border-radius: 6px }
code { padding: .2em .4em } pre { padding: 16px; background: #f6f8fa } pre code { background: none; padding: 0 }
ul { padding-left: 2em } summary { cursor: pointer }
.mark { display: inline-block; width: 16px; border-radius: 3px; text-align: center; font-size: 12px }
"""
# GitHub shows emoji; the machine that takes the picture may have no font for them
_DRAWN = {
    "✅": ("✓", "#1a7f37"),
    "❌": ("✕", "#cf222e"),
    "❔": ("?", "#9a6700"),
    "⚠️": ("!", "#9a6700"),
    "⏩": ("»", "#59636e"),
}


def html(markdown: str) -> str:
    """Turn Markdown with tables and HTML blocks into the body of a page."""
    body: str = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    return body


def page(markdown: str, *, unfold: bool = False) -> str:
    """Write a page with the comment in GitHub's colours, and as wide as GitHub shows one: 760 pixels."""
    body = html(markdown)
    body = body.replace("<details>", "<details open>") if unfold else body
    for mark, (sign, colour) in _DRAWN.items():
        body = body.replace(mark, f'<b style="color: #fff; background: {colour}" class="mark">{sign}</b>')
    top = '<div class="top"><b>github-actions</b> bot commented</div>'
    return (
        f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>'
        f'<div class="box">{top}<div class="body">{body}</div></div>'
    )


def picture(markdown: str, path: Path, *, unfold: bool = False) -> tuple[int, int]:
    """Take a picture with headless Chromium; give its width and height."""
    source = path.with_suffix(".html")
    source.write_text(page(markdown, unfold=unfold))
    command = [str(CHROMIUM), *_FLAGS, f"--user-data-dir={path.parent / 'profile'}", f"--screenshot={path}"]
    subprocess.run([*command, "--window-size=920,900", source.as_uri()], check=True, capture_output=True)
    width, tall = struct.unpack(">II", path.read_bytes()[16:24])
    return width, tall


class Elements(HTMLParser):
    """Collect the tags of a page with their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Remember a text."""
        self.words.append(data)

    @property
    def tags(self) -> set[str]:
        """The kinds of elements on the page."""
        return {tag for tag, _ in self.found}

    @property
    def text(self) -> str:
        """Everything a reader sees."""
        return "".join(self.words)
