"""What somebody types into the search field of a list. Pure: no I/O.

Numbers are shown in groups (orders as 4071 8823 9150), and pasted with whatever stands between: any white space, dashes, and
what phone numbers have besides.
"""

import unicodedata

BETWEEN = frozenset("+()-\u2010\u2011\u2012\u2013\u2212")


def typed(text: str) -> str:
    """What is looked for: of what is digits and what stands between them the digits alone, in whatever script; anything else
    without white space around it.
    """
    kept = [each for each in text if not (each.isspace() or each in BETWEEN or unicodedata.category(each) == "Cf")]
    if kept and all(each.isdecimal() for each in kept):
        return "".join(str(int(each)) for each in kept)
    return text.strip()
