"""What is in a container, and of which lots an item is, as events go by in the order of their time. Pure: no I/O.

    filled     by an aggregation or association that is added to or observed; emptied by one that is deleted, of what it names,
               or of all where it names nothing
    made of    an item without a lot that comes out of a transformation is of the lots that went into it, as they were then
    of a lot   an item whose code, or whose master data, name it: always

A container that nothing is known of stands for itself; one that was emptied has nothing in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from trace.epcis.facts import facts_of, thing_of
from trace.epcis.vocabulary import PREFIXES

PIECES = "C62"
UNKNOWN = ""  # the unit of an amount that nobody told

Amounts = defaultdict[tuple[str, str], float]
"""(lot, unit) -> how much; of UNKNOWN it means nothing."""

Event = Mapping[str, Any]


class Contents:
    """`events`: all that there will be, for what they say of items that holds always."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._lots: dict[str, dict[str, None]] = {}
        for event in events:
            for lot, item in facts_of(event, PREFIXES).members:
                self._lots.setdefault(item, {})[lot] = None
        self._made_of: dict[str, Amounts] = {}
        self._items: dict[str, dict[str, None]] = {}
        self._quantities: dict[str, Amounts] = {}
        self._whole: defaultdict[str, set[str]] = defaultdict(set)  # what an item was ever put into
        self._known: dict[str, Amounts] = {}

    def before(self, event: Event) -> None:
        """What an event brings about that is so already where it tells of it."""
        kind = event["type"]
        if kind in ("AggregationEvent", "AssociationEvent"):
            if event["action"] != "DELETE" and "parentID" in event:
                self._put(thing_of(event["parentID"]), event)
        elif kind == "TransformationEvent":
            self._make(event)

    def after(self, event: Event) -> None:
        """What an event ends."""
        if (
            event["type"] in ("AggregationEvent", "AssociationEvent")
            and event["action"] == "DELETE"
            and "parentID" in event
        ):
            self._take(thing_of(event["parentID"]), event)

    def of(self, thing: str) -> Amounts:
        """The lots in it, once for each item; itself where nothing says so."""
        waiting, begun = [thing], set[str]()  # not by recursion: containers may be in containers however deep
        while waiting:
            each = waiting[-1]
            if self._is_told(each) and each not in begun:
                waiting.pop()
            elif each not in begun:
                begun.add(each)
                self._known[each] = _pieces([each])  # while it is looked at, for one that has itself in it
                waiting += [item for item in self._items.get(each, ()) if not self._is_told(item)]
            else:
                waiting.pop()
                begun.discard(each)
                self._known[each] = self._sum(each)
        return self._at_hand(thing)

    def _is_told(self, thing: str) -> bool:
        return thing in self._known or self._is_itself(thing)

    def _is_itself(self, thing: str) -> bool:
        return "/10/" in thing or not any(thing in each for each in (self._lots, self._made_of, self._items))

    def _at_hand(self, thing: str) -> Amounts:
        return _pieces([thing]) if self._is_itself(thing) else self._known[thing]

    def _sum(self, thing: str) -> Amounts:
        found = _pieces(self._lots.get(thing, ()))
        add(found, self._made_of.get(thing, {}))
        add(found, self._quantities.get(thing, {}))
        for each in self._items.get(thing, ()):
            add(found, self._at_hand(each))
        return found

    def _put(self, parent: str, event: Event) -> None:
        items = self._items.setdefault(parent, {})
        for each in event.get("childEPCs", ()):
            child = thing_of(each)
            items[child] = None
            self._whole[child].add(parent)
        is_added = event["action"] == "ADD"
        quantities, listed = self._quantities.setdefault(parent, _pieces()), _pieces()
        for lot, amount, unit in quantities_of(event.get("childQuantityList", ())):
            listed[lot, unit] += amount
        for key, amount in listed.items():
            quantities[key] = (quantities[key] if is_added else 0.0) + amount
        self._changed(parent)

    def _take(self, parent: str, event: Event) -> None:
        items, quantities = self._items.setdefault(parent, {}), self._quantities.setdefault(parent, _pieces())
        children, amounts = event.get("childEPCs") or (), event.get("childQuantityList") or ()
        if not children and not amounts:
            items.clear()
            quantities.clear()
        for each in children:
            items.pop(thing_of(each), None)
        for lot, amount, unit in quantities_of(amounts):
            left = quantities[lot, unit] - amount
            if unit == UNKNOWN or left <= 0:
                for key in [key for key in quantities if key[0] == lot and unit in (UNKNOWN, key[1])]:
                    del quantities[key]
            else:
                quantities[lot, unit] = left
        self._changed(parent)

    def _make(self, event: Event) -> None:
        outputs = [thing_of(each) for each in event.get("outputEPCList", ())]
        plain = [each for each in outputs if "/10/" not in each]
        if not plain:
            return
        lots = {lot: 1.0 for each in event.get("inputEPCList", ()) for lot, _ in self.of(thing_of(each))}
        lots |= {thing_of(each["epcClass"]): 1.0 for each in event.get("inputQuantityList", ())}
        for each in plain:
            add(self._made_of.setdefault(each, _pieces()), _pieces(lots))
            self._changed(each)

    def _changed(self, thing: str) -> None:
        """Whatever it is in has to be looked at anew."""
        stale = [thing]
        while stale:
            each = stale.pop()
            if self._known.pop(each, None) is not None or each is thing:
                stale += [whole for whole in self._whole.get(each, ()) if whole in self._known]


def add(amounts: Amounts, more: Mapping[tuple[str, str], float]) -> None:
    """To what there is."""
    for key, amount in more.items():
        amounts[key] += amount


def _pieces(lots: Iterable[str] = ()) -> Amounts:
    return defaultdict(float, {(lot, PIECES): 1.0 for lot in lots})


def quantities_of(listed: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, float, str]]:
    """(class, how much, unit), as things."""
    for each in listed:
        if "quantity" in each:
            yield thing_of(each["epcClass"]), float(each["quantity"]), each.get("uom", PIECES)
        else:
            yield thing_of(each["epcClass"]), 1.0, UNKNOWN
