"""Makes KaTeX's MathML light, and such as all browsers set alike: what MathML Core knows, without boxes around one thing.

Every formula is in a page once. Readers' eyes and screen readers get the same markup.
"""

import contextlib
import html
import re
import unicodedata
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

PARTIAL, APPLY = "\N{PARTIAL DIFFERENTIAL}", "\N{FUNCTION APPLICATION}"
SIGNS = ("\N{MINUS SIGN}", "+", "\N{PLUS-MINUS SIGN}", "\N{MINUS-OR-PLUS SIGN}")
# KaTeX writes these brackets as "divides" and "is parallel to".
BARS = {"\N{DIVIDES}": "|", "\N{PARALLEL TO}": "\N{DOUBLE VERTICAL LINE}"}
CLOSING = (")", "]", "}", *BARS.values(), "\N{PRIME}", "!")  # what a sign may follow and still stand between two things
PUNCTUATION = ("/", ".", "\N{HORIZONTAL ELLIPSIS}")
CIRCLED = ("\N{CIRCLED DOT OPERATOR}", "\N{CIRCLED PLUS}", "\N{CIRCLED TIMES}")
PRIMES = ("\N{PRIME}", "\N{DOUBLE PRIME}", "\N{TRIPLE PRIME}")
ALWAYS = "0123456789.,()[]|\N{SQUARE ROOT}"  # roots are drawn with a character that stands nowhere
# What has its children in a row by itself, so that a row in it which is alone there says nothing.
ROWS = {"math", "mrow", "mstyle", "mtd", "msqrt", "menclose", "mpadded", "mphantom"}
MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)


def styled(text: str, style: str) -> str:
    """Text in the letters of a style, where Unicode has them: browsers know no other `mathvariant` than normal."""

    def of(letter: str) -> str:
        name = re.sub(
            r"^(LATIN|GREEK) | LETTER\b", "", unicodedata.name(letter, "")
        )  # CAPITAL A, SMALL THETA, DIGIT ONE
        kind = style.upper().replace("BOLD-ITALIC", "BOLD ITALIC")
        for full in (f"MATHEMATICAL {kind} {name}", f"{kind} {name}"):  # some letters are older than the others
            with contextlib.suppress(KeyError):
                return unicodedata.lookup(full)
        return letter

    return "".join(map(of, text))


def is_idle(element: Element, parent: Element) -> bool:
    """Whether an element changes nothing: a row of one, a row alone in what is a row, a cell's style that cells have."""
    if element.tag == "mstyle":
        return parent.tag == "mtd" and element.attrib == {"scriptlevel": "0", "displaystyle": "false"}
    alone = len(element) == 1 or (len(parent) == 1 and parent.tag in ROWS)
    return element.tag == "mrow" and not element.attrib and alone


def say_letter(element: Element) -> None:
    """Write a letter as browsers know it: without a style, or as a character that has the style itself."""
    style, text = element.attrib.pop("mathvariant", ""), element.text or ""
    if style not in ("", "normal", "italic"):
        element.text = styled(text, style)
    elif element.tag == "mi" and style == "normal" and len(text) == 1 and text != PARTIAL:
        # Letters that are not slanted, and what is no letter: Firefox would keep all these off their neighbours.
        if text in BARS:
            element.tag, element.attrib = "mo", {"stretchy": "false"}
        elif text in PUNCTUATION:
            element.tag, element.attrib = "mo", {"lspace": "0", "rspace": "0"}
        else:
            element.tag = "mtext"


def operator(element: Element | None) -> Element | None:
    """The operator that an element is, or that is in it below a script."""
    if element is not None and element.tag in ("msup", "msub", "msubsup"):
        element = element[0]
    return element if element is not None and element.tag == "mo" else None


def say_form(row: Element) -> None:
    """Say of operators what they are here: a browser looks only whether they come first, and takes 2 · −1 for 2 · − 1."""
    for before, element, after in zip([None, *row], row, [*row[1:], None], strict=False):
        sign, earlier = operator(element), operator(before)
        opens = before is None or (earlier is not None and earlier.text not in CLOSING)
        if sign is None:
            continue
        if sign.text in BARS and sign.attrib.keys() & {"stretchy", "fence"}:
            sign.text = BARS[sign.text]
            sign.attrib["form"] = "prefix" if opens else "postfix"
        elif sign.text in SIGNS and opens and before is not None:
            sign.attrib["form"] = "prefix"
        elif sign.text == APPLY and after is not None and after.text != "(":
            sign.attrib["rspace"] = "0.17em"  # tanh x, but tanh(x)
        elif sign.text in CIRCLED:  # there are large ones, which Firefox takes
            sign.attrib["largeop"] = "false"


def plain_prime(element: Element, parent: Element) -> list[Element]:
    """A prime behind its letter: the font's own stands high enough, and would be too high as a superscript."""
    prime = element.tag == "msup" and element[1].tag == "mo" and element[1].text in PRIMES
    if not prime:
        return [element]
    if parent.tag in ROWS:
        return list(element)
    element.tag, element.attrib = "mrow", {}
    return [element]


def lighten(element: Element) -> None:
    """Take out, in place, what changes nothing below an element, and say the rest as all browsers understand it."""
    children = []
    for child in element:
        lighten(child)
        children += child if is_idle(child, element) else plain_prime(child, element)
    element[:] = children
    say_letter(element)
    if element.tag == "menclose" and element.attrib == {"notation": "box"}:  # MathML Core has none
        element.tag, element.attrib = "mrow", {"class": "boxed"}
    if element.tag in ROWS:
        say_form(element)
    for name in ("rowspacing", "columnspacing"):  # the style sheet says them, since Core knows no such attributes
        element.attrib.pop(name, None)


def light(markup: str) -> str:
    """A formula as KaTeX writes it, as one light `<math>`."""
    math = ElementTree.fromstring(MATH.search(markup)[0].replace(' xmlns="http://www.w3.org/1998/Math/MathML"', ""))
    [semantics] = math
    math[:] = semantics[:1]  # without the TeX that it was made from
    math.attrib["translate"] = "no"
    lighten(math)
    return ElementTree.tostring(math, encoding="unicode", short_empty_elements=False)


def italic(letter: str) -> str:
    """A character in mathematical italics, as browsers set it where it is alone; itself if there is none."""
    return "\N{PLANCK CONSTANT}" if letter == "h" else styled(letter, "italic")


def characters(markup: str) -> set[int]:
    """The code points that the formulas of a text show, with the italics."""
    text = ALWAYS + html.unescape(re.sub(r"<[^>]*>", "", "".join(MATH.findall(markup))))
    return {ord(c) for c in text} | {ord(italic(c)) for c in set(text)}
