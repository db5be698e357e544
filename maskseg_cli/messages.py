"""Words of messages: counts of objects in English ("2 persons, 1 dog"), and texts that a terminal can show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

#: Plurals that no rule gives; of a name of several words the last one counts.
_IRREGULAR = {
    "mouse": "mice",
    "goose": "geese",
    "foot": "feet",
    "tooth": "teeth",
    "child": "children",
    "man": "men",
    "woman": "women",
    "ox": "oxen",
    "knife": "knives",
    "wife": "wives",
    "life": "lives",
    "leaf": "leaves",
    "loaf": "loaves",
    "wolf": "wolves",
    "calf": "calves",
    "half": "halves",
    "shelf": "shelves",
    "thief": "thieves",
    "scarf": "scarves",
    "potato": "potatoes",
    "tomato": "tomatoes",
}

_UNCHANGED = {
    "sheep", "fish", "deer", "bison", "moose", "swine", "aircraft", "spacecraft", "series", "species",
    "broccoli", "scissors", "skis", "pants", "trousers", "shorts", "jeans", "glasses", "goggles", "pliers",
    "tongs", "binoculars",
}  # fmt: skip

#: Words that are cut: names of files are shorter.
_ENDLESS = re.compile(r"\S{1000,}")


def cut_endless(text: str) -> str:
    """A text in which endless words, such as a number of thousands of digits, are cut.

    Example:
        >>> cut_endless("no " + "7" * 5000)[50:]
        '7777777777777… (5000 letters)'
    """
    return _ENDLESS.sub(lambda found: f"{found.group()[:60]}… ({len(found.group())} letters)", text)


def counted(number: int, noun: str, separator: str = "") -> str:
    """A number with its noun, in the plural where it is not 1.

    Args:
        number: how many.
        noun: in the singular; of several words the last one is put into the plural.
        separator: "," between thousands, or "".

    Example:
        >>> counted(1, "frame"), counted(20, "frame"), counted(1200, "near miss", ",")
        ('1 frame', '20 frames', '1,200 near misses')
    """
    return f"{number:{separator}} {noun if number == 1 else plural(noun)}"


def capitalized(sentence: str) -> str:
    """A text that begins with a capital letter; the others stay as they are.

    Example:
        >>> capitalized("mask AP of lite"), capitalized("")
        ('Mask AP of lite', '')
    """
    return sentence[:1].upper() + sentence[1:]


def percent_hint(value: object) -> str:
    """What to say where a number from 0 to 1 is wanted and a percentage was given; otherwise nothing.

    Example:
        >>> percent_hint("80"), percent_hint("12.5 %"), percent_hint(0.8)
        (' (80 % is 0.8)', ' (12.5 % is 0.125)', '')
    """
    text = str(value).strip()
    number = text.removesuffix("%").strip()
    try:
        percent = float(number)
    except ValueError:
        return ""
    if not (0 <= percent <= 100 if text.endswith("%") else 2 <= percent <= 100):
        return ""
    return f" ({percent:g} % is {percent / 100:g})"


def plural(name: str) -> str:
    """The plural of a class name; `person` gives `persons`, as detectors count them.

    Example:
        >>> [plural(name) for name in ("person", "bus", "sheep", "butter knife", "bakery", "class 7")]
        ['persons', 'buses', 'sheep', 'butter knives', 'bakeries', 'class 7']
    """
    found = re.search(r"[A-Za-z]+$", name)
    if found is None:  # ends in a digit or a letter of another script: left alone
        return name
    word = found.group().lower()
    if word in _UNCHANGED:
        return name
    if word in _IRREGULAR:
        ending = _IRREGULAR[word]
        shared = len(_common_start(word, ending))
        return name[: found.start() + shared] + ending[shared:]
    if re.search(r"(s|x|z|ch|sh)$", word):
        return name + "es"
    if re.search(r"[^aeiou]y$", word):
        return name[:-1] + "ies"
    return name + "s"


def _common_start(a: str, b: str) -> str:
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same]:
        same += 1
    return a[:same]


def count_words(counts: Mapping[str, int], most: int | None = None) -> str:
    """Counts by class name in words, most first: "2 persons, 1 dog", or "nothing found".

    Args:
        counts: class name -> number of objects.
        most: name so many classes at most, and count the objects of the others together.

    Example:
        >>> count_words({"dog": 1, "person": 1200})
        '1200 persons, 1 dog'
        >>> count_words({"dog": 4, "cat": 3, "owl": 2, "emu": 1}, most=2)
        '4 dogs, 3 cats, and 3 objects of 2 other classes'
    """
    order = sorted(counts, key=lambda name: -counts[name])  # equal counts: the one named first
    rest: list[str] = []
    if most is not None and len(order) > most + 1:
        order, rest = order[:most], order[most:]
    named = ", ".join(f"{counts[n]} {n if counts[n] == 1 else plural(n)}" for n in order) or "nothing found"
    return named + (f", and {sum(counts[n] for n in rest)} objects of {len(rest)} other classes" if rest else "")


def describe(names: Sequence[str]) -> str:
    """Counts the objects of each class, given by name, most first, else in the given order: "2 persons, 1 dog"."""
    return count_words(Counter(names))


def shortened(text: str, most: int = 80) -> str:
    """A text for a message: its beginning, where it is long.

    Example:
        >>> shortened("dog"), shortened("9" * 5000, 8)
        ('dog', '99999...')
    """
    return text if len(text) <= most else text[: most - 3] + "..."
