"""Leaves out of a page the elements that show nothing: boxes around code that has no colour, and layers of drawings.

The highlighter puts each word into a box, and Matplotlib each line of a picture into two. They were half of a chapter's
elements, and a phone lays out every one of them.
"""

import re

from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Text

STYLES = ("a11y-high-contrast-light", "a11y-high-contrast-dark")  # the theme's own
CODE = re.compile(r'(<div class="highlight"><pre>)(.*?)(</pre></div>)', re.DOTALL)
WORD = re.compile(r'<span class="([a-z0-9]+)">([^<]*)</span>')
DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
LAYER = re.compile(r"<g\b[^>]*>|</g>")
PATH = re.compile(r'<path d="([^"]*)"([^>]*)/>')
INVISIBLE = ' style="fill: none"'  # the ground of a drawing without one
NUMBER = re.compile(r"-?\d+\.\d+")


def looks() -> dict[str, tuple]:
    """What a kind of word looks like in both themes, by its class; () if it looks like any text."""
    styles = [get_style_by_name(name) for name in STYLES]

    def look(token) -> tuple:
        return tuple(tuple(style.style_for_token(token).items()) for style in styles)

    return {short: () if look(token) == look(Text) else look(token) for token, short in STANDARD_TYPES.items()}


LOOKS = looks() | {"o": ()}  # operators had the colour of strings, which says nothing


def light_code(markup: str) -> str:
    """Highlighted code without boxes around plain words, and with one around neighbours of one colour."""

    def light(code: str) -> str:
        pieces, end = [], 0  # (look, class, text)
        for word in WORD.finditer(code):
            look, kind, text = LOOKS.get(word[1], word[1]), word[1], word[2]
            if word.start() > end:
                pieces.append(((), "", code[end : word.start()]))
            if pieces and pieces[-1][0] == look:
                _, kind, before = pieces.pop()
                text = before + text
            pieces.append((look, kind, text))
            end = word.end()
        pieces.append(((), "", code[end:]))
        return "".join(f'<span class="{kind}">{text}</span>' if look else text for look, kind, text in pieces)

    return CODE.sub(lambda found: found[1] + light(found[2]) + found[3], markup)


def without_layers(drawing: str) -> str:
    """A drawing without the groups that only have a name, which nothing uses."""
    used, kept = set(re.findall(r"#([\w-]+)", drawing)), []

    def light(tag: re.Match) -> str:
        if tag[0] == "</g>":
            return "</g>" if kept.pop() else ""
        named = re.fullmatch(r'<g(?: id="([\w-]+)")?(/?)>', tag[0])
        shows = not named or named[1] in used
        if not tag[0].endswith("/>"):
            kept.append(shows)
        return tag[0] if shows else ""

    return re.sub(r">\s+<", "><", LAYER.sub(light, drawing))


def rounded(places: str) -> str:
    """A path's places in hundredths of a point, on one line."""
    return " ".join(NUMBER.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), places).split())


def may_join(look: str) -> bool:
    """Whether two paths of this look, drawn as one, look the same: where they cross, nothing of one lies over the other."""
    both = "stroke:" in look and "fill: none" not in look
    return not both and not re.search(r"\bid=|opacity|marker", look)


def light_drawings(markup: str) -> str:
    """Drawings without idle layers, and with one path for neighbours of one look."""

    def light(found: re.Match) -> str:
        drawing, pieces, end = without_layers(found[0]), [], 0
        for path in PATH.finditer(drawing):
            places, look = rounded(path[1]), path[2]
            if path.start() > end:
                pieces.append((drawing[end : path.start()], None))
            end = path.end()
            if look == INVISIBLE:
                continue
            if pieces and pieces[-1][1] == look and may_join(look):
                places = f"{pieces.pop()[0]} {places}"
            pieces.append((places, look))
        pieces.append((drawing[end:], None))
        return "".join(text if look is None else f'<path d="{text}"{look}/>' for text, look in pieces)

    return DRAWING.sub(light, markup)


def lighten(app, pagename, templatename, context, doctree) -> None:
    """Take them out of a page's body."""
    if "body" in context:
        context["body"] = light_drawings(light_code(context["body"]))


def setup(app) -> dict:
    """Register; when the body is as it will be."""
    app.connect("html-page-context", lighten, priority=940)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
