"""Numbers of names: the kernel knows people, keys and holds by dense numbers, everybody else by text. Pure: no I/O."""

from collections.abc import Iterable, Sequence
from itertools import chain

NONE = -1  # as in kernel.py
KINDS = 3  # of limit keys: the person, and two more; a phone may be called like a person


class Names:
    """Numbers are given in the order in which names come, and those of forgotten keys again."""

    def __init__(self) -> None:
        self._who: tuple[dict[str, int], ...] = tuple({} for _ in range(KINDS))
        self._who_names: list[str] = []
        self._who_kinds: list[int] = []
        self._who_holds: list[int] = []  # how many holds name them
        self._free_who: list[int] = []
        self._keys: dict[tuple[str, str], int] = {}
        self._free_keys: list[int] = []
        self._holds: dict[str, int] = {}
        self._hold_ids: list[str] = []
        self._hold_keys: list[str] = []

    # --- people, and other limit keys ---

    @property
    def who_count(self) -> int:
        """Numbers are below this."""
        return len(self._who_names)

    def who(self, name: str, kind: int = 0) -> int:
        """The number of a limit key, a new one if need be."""
        number = self._who[kind].get(name)
        if number is None:
            number = self._who[kind][name] = self._new_who(name, kind)
        return number

    def _new_who(self, name: str, kind: int) -> int:
        if self._free_who:
            number = self._free_who.pop()
            self._who_names[number], self._who_kinds[number] = name, kind
            return number
        self._who_names.append(name)
        self._who_kinds.append(kind)
        self._who_holds.append(0)
        return len(self._who_names) - 1

    def use_who(self, numbers: Iterable[int], holds: int = 1) -> None:
        """So many holds more, fewer when negative, name each of these."""
        for number in numbers:
            if number != NONE:
                self._who_holds[number] += holds

    def is_used(self, number: int) -> bool:
        """Whether a hold names it."""
        return self._who_holds[number] > 0

    def forget_who(self, number: int) -> None:
        """Its number may be given to another; no hold names it."""
        name, kind = self._who_names[number], self._who_kinds[number]
        if self._who[kind].get(name) == number:
            del self._who[kind][name]
            self._free_who.append(number)

    def find_who(self, name: str) -> int:
        """The number of a person; NONE if there is none."""
        return self._who[0].get(name, NONE)

    def who_name(self, number: int) -> str:
        return self._who_names[number]

    def all_who(self, names: Sequence[str], kind: int) -> list[int]:
        """Numbers of many limit keys, new ones where need be; NONE for an empty one."""
        known = self._who[kind]
        new = list(set(names).difference(known, ("",)))
        again = min(len(new), len(self._free_who))
        for name in new[:again]:
            known[name] = self._new_who(name, kind)
        new = new[again:]
        first = len(self._who_names)
        known.update(zip(new, range(first, first + len(new)), strict=True))
        self._who_names.extend(new)
        self._who_kinds.extend([kind] * len(new))
        self._who_holds.extend([0] * len(new))
        return list(map(known.get, names)) if all(names) else [known.get(name, NONE) for name in names]  # type: ignore[arg-type]

    # --- idempotency keys ---

    @property
    def key_count(self) -> int:
        """Numbers are below this."""
        return len(self._keys) + len(self._free_keys)

    def key(self, person: str, key: str) -> int:
        """The number of somebody's key, a new one if need be; NONE for no key."""
        if not key:
            return NONE
        number = self._keys.get((person, key))
        if number is None:
            number = self._keys[person, key] = self._free_keys.pop() if self._free_keys else len(self._keys)
        return number

    def find_key(self, person: str, key: str) -> int:
        return self._keys.get((person, key), NONE)

    def forget_key(self, person: str, key: str) -> None:
        self._free_keys.append(self._keys.pop((person, key)))

    def all_keys(self, people: Sequence[str], keys: Sequence[str]) -> list[int]:
        """Numbers of many keys, none of them empty, new ones where need be."""
        known, free = self._keys, self._free_keys
        pairs = list(zip(people, keys, strict=True))
        new = set(pairs).difference(known)
        first = len(known) + len(free)
        again = min(len(new), len(free))
        numbers = chain([free.pop() for _ in range(again)], range(first, first + len(new) - again))
        known.update(zip(new, numbers, strict=True))
        return list(map(known.__getitem__, pairs))

    def new_keys(self, people: Sequence[str], keys: Sequence[str]) -> Sequence[int]:
        """Numbers of many keys that nobody has yet. Raises ValueError when somebody has."""
        first = self.key_count
        numbers = range(first, first + len(keys))
        self._keys.update(zip(zip(people, keys, strict=True), numbers, strict=True))
        if self.key_count < first + len(keys):
            raise ValueError("two holds have the same key of a person")
        return numbers

    # --- holds ---

    def find_hold(self, id_: str) -> int:
        """The number of a hold; NONE if there is none."""
        return self._holds.get(id_, NONE)

    def name_hold(self, number: int, id_: str, key: str) -> None:
        """Give a hold its id, and the key it was made with."""
        ids = self._hold_ids
        while len(ids) <= number:
            ids.append("")
            self._hold_keys.append("")
        ids[number], self._hold_keys[number] = id_, key
        self._holds[id_] = number

    def name_holds(self, numbers: Sequence[int], ids: Sequence[str], keys: Sequence[str]) -> None:
        """The same for many. Raises ValueError for an id that is known."""
        known = len(self._holds)
        self._holds.update(zip(ids, numbers, strict=True))
        if len(self._holds) - known < len(ids):
            raise ValueError("two holds have the same id")
        first = len(self._hold_ids)
        if (
            numbers and numbers[0] == first and numbers[-1] == first + len(ids) - 1
        ):  # the next there are, as nearly always
            self._hold_ids.extend(ids)
            self._hold_keys.extend(keys)
            return
        for number, id_, key in zip(numbers, ids, keys, strict=True):
            self.name_hold(number, id_, key)

    def forget_hold(self, id_: str) -> None:
        """Its number may be given to another."""
        number = self._holds.pop(id_)
        self._hold_ids[number] = self._hold_keys[number] = ""

    @property
    def has_holds(self) -> bool:
        return bool(self._hold_ids)

    def hold_id(self, number: int) -> str:
        return self._hold_ids[number]

    def hold_key(self, number: int) -> str:
        return self._hold_keys[number]
