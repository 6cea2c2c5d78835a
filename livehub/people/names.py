"""What people may call themselves: nothing of the word lists, and nothing by which they would be taken for staff.

A name is compared as the eye takes it in (`skeleton`): with spaces in it, in full width, with a Cyrillic а or a 1 for an i it
is what it looks like. The idea is that of skeletons in UTS #39, section 4, with those letters alone that make words of the list
below; whoever finds another look-alike is met by moderators, as they are by the word lists.

Pure but for `Names`, which asks PostgreSQL who is staff.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Protocol

from livehub.base.config import Config, described
from livehub.base.db import Connection, Database
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part
from livehub.base.sql import queries
from livehub.base.text import IGNORABLE, Translation, composed

Q = queries(__file__, "names.sql")

HOSTS_MAX = 1_000  # names of hosts of rooms that are looked at, the latest
HOSTS_FRESH_S = 5.0
READ_CHARS_MAX = 400  # of a name; those that are longer than any taken are refused by whoever takes them

RESERVED = (
    "客服,客户服务,客戶服務,官方,主播,管理员,管理員,运营,運營,系统消息,系統消息,工作人员,工作人員,小助手,专家,專家,"
    "店主,店长,店長,售后,售後,掌柜,掌櫃,=商家,=平台,=平臺,=老板,=老闆,=卖家,=賣家,"
    "admin,administrator,moderator,official,support,customer service,customer care,care team,staff,system,ops,host,cohost,"
    "expert,livehub,=merchant,=seller,=shop owner,kefu,guanfang,zhubo,guanliyuan,dianzhu,dianzhang,=shangjia,=pingtai,=laoban"
)
ALONE = "="  # before a word that many have in their name (王老板): refused where the name is made of nothing else
# Say nothing by themselves: livehubteam, theadmin, 平台通知.
COMPANIONS = (
    "team", "the", "shop", "store", "官", "方", "号", "號", "本人", "本店", "我是", "我们", "我們", "中心", "通知",
    "公告", "消息", "服务", "服務",
    "助手", "团队", "團隊", "专员", "專員", "小店", "直播间", "直播間",
)  # fmt: skip
# What viewers are called who have not said how; who becomes staff later keeps it, and does not reserve it.
NAMELESS = "Guest"

_SIGNS = str.maketrans("!|$@", "iisa")
_NO_SIGNS = str.maketrans("!|$@", "    ")
_SIGNS_AT_ENDS = re.compile(r"[!|$@]+(?=[^\w!|$@]|$)")
# What is drawn like a Latin letter, and like which: Cyrillic, Greek, Armenian and others, digits. After NFKC and case folding.
_ALIKE = str.maketrans(
    "аеорсухіїјѕһӏԁԛԝвнкмтгπαβεικμνορτυχωηɡɑɩıłøđ013457ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢոսօհǀ",
    "aeopcyxiijshidqwbhkmtrnabeikmvoptuxwngaiiiodoieastabcdefghijklmnoprstuvwyznuohi",
)
# Capitals of Lisu and Cherokee that are those of Latin, and letters in squares, circles and flags, which NFKC leaves.
_CAPITALS = str.maketrans(
    "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜᎪᏴᏟᎠᎬᎻᏆᎫᏦᏞᎷᎾᏢᏒᏚᎢᏙᎳᏃ",
    "abcdefghijklmnoprstuvwxyzabcdehijklmoprstvwz",
)
_CAPITALS.update({start + n: ord("a") + n for start in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)})
_PAIRS = (("rn", "m"), ("vv", "w"))
_TO_ONE = str.maketrans("lj", "ii")  # l, I, 1 and | are hard to tell apart in many fonts; j comes along with its dot
_SQUEEZED = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_CJK = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class NameWords(Protocol):
    """The word lists, of whichever module has them."""

    async def check_name(self, name: str) -> None:
        """Raise the refusal of a name that has one of their words. Raises Unavailable."""


class HostNames(Protocol):
    """What rooms' hosts are called, in each language, of whichever module has rooms."""

    async def host_names(self, connection: Connection, most: int) -> list[str]:
        """Of the latest rooms, at most so many names. Raises Unavailable."""


class NameReserved(LivehubError):
    """Others would take whoever has this name for staff, or for somebody of the staff. Choose another."""

    code, name, status, text = 1120, "name_reserved", 422, "This name is kept for the shop's staff. Choose another one."


def _hidden(c: str) -> bool:
    return unicodedata.category(c) in ("Cf", "Mn", "Me", "Cc") or IGNORABLE.match(c) is not None


_SEEN = Translation(_hidden)


def _folded(name: str) -> str:
    """Without width, case, accents, and what cannot be seen."""
    text = unicodedata.normalize("NFKC", composed(name[:READ_CHARS_MAX])).translate(_CAPITALS).casefold()
    return unicodedata.normalize("NFKD", text).translate(_SEEN)


def _read(name: str) -> set[str]:
    """As it can be read: a sign is a letter (adm!n), or none (admin!), or the latter at the end of a word alone (@dmin!)."""
    text = _folded(name)
    at_ends = _SIGNS_AT_ENDS.sub(" ", text)
    return {text.translate(_SIGNS), text.translate(_NO_SIGNS), at_ends.translate(_SIGNS)}


def _looks(text: str) -> str:
    for pair, one in _PAIRS:
        text = text.replace(pair, one)
    return text.translate(_ALIKE).translate(_TO_ONE)


def _squeezed(text: str) -> str:
    return _SQUEEZED.sub("", _looks(text))


def skeleton(name: str) -> str:
    """What a name looks like: two of the same skeleton are hard to tell apart."""
    return _squeezed(_folded(name).translate(_SIGNS))


def skeletons(name: str) -> set[str]:
    """The same, with and without the signs in it that may be letters; a name of signs alone has none."""
    return {_squeezed(text) for text in _read(name)} - {""}


class ReservedWords:
    """Words that are the shop's. Chinese ones may stand nowhere in a name (青禾客服); of others a name may not be made, with or
    without numbers, of one or of several, nor have one between its spaces (Livehub Admin, admins, admin_2, but badminton). Of
    those with ALONE before them no name may be made as a whole.
    """

    def __init__(self, words: Iterable[str]) -> None:
        given = [word.strip() for word in words]
        alone = {skeleton(word) for word in given if word.startswith(ALONE)}
        looks = {skeleton(word) for word in given} - {""}
        self._anywhere = {look for look in looks - alone if _CJK.search(look)}
        part = looks - self._anywhere - alone
        whole = looks - self._anywhere
        self._part = part | {look + "s" for look in part}
        self._whole = whole | {look + "s" for look in whole}
        self._beside = {skeleton(word) for word in COMPANIONS} - self._whole
        self._longest = max(map(len, self._whole | self._beside), default=0)

    def has_one_in(self, name: str) -> bool:
        return any(self._is_in(text) for text in _read(name))

    def _is_in(self, text: str) -> bool:
        whole = _squeezed(text)
        if any(word in whole for word in self._anywhere):
            return True
        parts = _SQUEEZED.split(text)
        return any(self._is_made_of(part, self._part) for part in parts) or self._is_made_of(
            "".join(parts), self._whole
        )

    def _is_made_of(self, part: str, words: set[str]) -> bool:
        """Whether nothing is in it but these words, and numbers, which may be letters that are misspelt."""
        return any(self._joined(look, words)[1] for look in {_looks(part), _looks(_DIGITS.sub("", part))})

    def is_said_of(self, look: str, owner: str) -> bool:
        """Whether one skeleton is another, with no more than words of the list and companions before it or after it."""
        if not owner or owner not in look:
            return False
        before, _, after = look.partition(owner)
        return all(not part or self._joined(part, self._whole)[0] for part in (before, after))

    def _joined(self, look: str, words: set[str]) -> tuple[bool, bool]:
        """Whether `words` and companions, one after the other, are the whole of it; and whether one of the words is among them.
        In time that grows with its length alone.
        """
        ends, with_word = {0}, set[int]()  # where words can end; those where one of them is of the list
        for start in range(len(look)):
            if start in ends:
                parts = {end: look[start:end] for end in range(start + 1, min(start + self._longest, len(look)) + 1)}
                reserved = {end for end, part in parts.items() if part in words}
                beside = {end for end, part in parts.items() if part in self._beside}
                ends |= reserved | beside
                with_word |= reserved | (beside if start in with_word else set())
        return len(look) in ends, len(look) in with_word


class NamesConfig(Config, frozen=True, kw_only=True):
    """What the check of names reads."""

    reserved_names: Annotated[
        str,
        described(
            "words that no name may have beside those of staff, with commas between them; `=` before one: that no name may be",
            max_length=4_000,
        ),
    ] = RESERVED


class Names(Part):
    """For whoever takes a name from somebody: `await names.check(name, person=id)`."""

    def __init__(self, context: Context) -> None:
        self._database: Database = context.database
        self._port = context.port
        config = context.config(NamesConfig)
        self._reserved = ReservedWords(config.reserved_names.split(","))
        self._real_s = context.clock.real_s
        self._hosts = frozenset[str]()
        self._hosts_read_s = float("-inf")

    async def check(self, name: str, *, person: str = "") -> None:
        """Whether `person` may call themselves that; staff need not be asked. Raises NameReserved, the refusal of the word
        lists, and Unavailable.
        """
        async with self._database.connection() as connection:
            await self.check_in(connection, name, person=person)

    async def check_in(self, connection: Connection, name: str, *, person: str = "") -> None:
        """The same, on a connection that is there."""
        if self._reserved.has_one_in(name):
            raise NameReserved
        words: NameWords | None = self._port(NameWords)
        if words is not None:
            await words.check_name(name)
        looks = skeletons(name)
        staff = await connection.fetch(Q["names_of_staff"], person, NAMELESS)
        if any(self._are_of(looks, row["name"]) for row in staff):
            raise NameReserved("Somebody of the shop's staff is called so. Choose another one.")
        if self._are_those_of(looks, await self._hosts_looks(connection)):
            raise NameReserved("The host of a room is called so. Choose another one.")

    def _are_of(self, looks: set[str], name: str) -> bool:
        return self._are_those_of(looks, skeletons(name))

    def _are_those_of(self, looks: set[str], owners: Iterable[str]) -> bool:
        return any(self._reserved.is_said_of(look, owner) for owner in owners for look in looks)

    async def _hosts_looks(self, connection: Connection) -> frozenset[str]:
        """As of HOSTS_FRESH_S ago at most: a new room is a rare thing."""
        now_s = self._real_s()
        if not 0 <= now_s - self._hosts_read_s < HOSTS_FRESH_S:
            hosts: HostNames | None = self._port(HostNames)
            names = [] if hosts is None else await hosts.host_names(connection, HOSTS_MAX)
            self._hosts = frozenset().union(*map(skeletons, names))
            self._hosts_read_s = now_s
        return self._hosts

    async def may_have(self, connection: Connection, name: str) -> bool:
        """Whether somebody may be called so whom nobody asked: a provider said it. Raises Unavailable."""
        try:
            await self.check_in(connection, name)
        except LivehubError as refusal:
            if refusal.retryable:
                raise
            return False
        return True


NAMES = Module(name="names", build=Names, settings=NamesConfig, errors=(NameReserved,))
