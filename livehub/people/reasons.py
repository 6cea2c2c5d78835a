"""Why something of somebody is kept, or kept without their name, in words that they are told. Pure: no I/O.

Keys are those of PersonTable.reason; tests hold every table that keeps anything to having one, in both languages.
"""

from msgspec import Struct


class Reason(Struct, frozen=True, kw_only=True):
    """The same in both languages of the pages."""

    zh: str
    en: str


REASONS: dict[str, Reason] = {
    "people.kept.id": Reason(
        zh="只保留账号编号，防止旧的登录凭证或他人冒用；昵称和登录方式均已删除。",
        en="Only the account number stays, so that nobody can use it after you; your name and sign-ins are gone.",
    ),
    "people.kept.sessions": Reason(
        zh="登录记录标记为已结束，保留到凭证过期，以确保无人能继续使用；设备信息已删除。",
        en="Your sign-ins are ended and kept as such until they could no longer be used; what device it was is gone.",
    ),
    "people.kept.proof": Reason(
        zh="仅保留注销凭证：删除了哪些数据、各多少条、何时完成，不含您的姓名；复查完成后也不再含您的编号。",
        en="The proof that you were erased: what, how many rows, and when. Without your name, in the end without your number.",
    ),
    "people.kept.audit": Reason(
        zh="工作人员的操作记录依法保留三年（《电子商务法》第三十一条、《网络安全法》第二十一条）；涉及您的内容已去除姓名和编号。",
        en="Records of what staff did are kept for three years (E-Commerce Law, article 31; Cybersecurity Law, article 21); "
        "you are no longer named in them, unless you were staff.",
    ),
    "people.kept.consents": Reason(
        zh="您何时同意或撤回同意的记录须留存，以证明处理有据（《个人信息保护法》第六十九条）；不含姓名。",
        en="When you agreed to something or took it back is kept as evidence (PIPL, article 69); without your name.",
    ),
    "people.kept.safety": Reason(
        zh="为保护其他用户和主播，封禁记录保留到期满或解除，其中只有账号编号、加密的手机号和设备标识，以及工作人员填写的原因。",
        en="A block stays until it is over, to keep others safe: your account number, phone and device as hashes, and why.",
    ),
    "people.kept.trade": Reason(
        zh="交易记录依法自交易完成起至少保留三年（《电子商务法》第三十一条）；仅含账号编号。",
        en="Records of trade are kept for three years (E-Commerce Law, article 31), with your account number alone.",
    ),
    "people.kept.orders": Reason(
        zh="订单依法自交易完成起至少保留三年（《电子商务法》第三十一条），其中的收货信息到期后清除；购物车已删除。",
        en="Orders are kept for three years (E-Commerce Law, article 31), then their address goes, too. Your cart is gone.",
    ),
    "people.kept.waits": Reason(
        zh="正在排队的商品会在活动结束时自动移除；仅含账号编号。",
        en="A place in a queue goes when the sale is over; it has your account number alone.",
    ),
    "people.kept.staff": Reason(
        zh="账簿记录须注明经办人（《会计法》）；仅含账号编号。",
        en="Books have to say which of the staff did it (Accounting Law); with your account number alone.",
    ),
    "people.kept.food": Reason(
        zh="食品生产经营记录须依法留存并注明经办人（《食品安全法》第五十条、第五十一条）；仅含账号编号。",
        en="Records of food have to be kept, and say which of the staff made them (Food Safety Law, articles 50 and 51); with "
        "your account number alone.",
    ),
    "people.kept.rooms": Reason(
        zh="直播间的记录需要保持完整，已匿名，无法再识别您。",
        en="A room's record stays whole; nobody can tell any more that it was you.",
    ),
    "people.kept.questions": Reason(
        zh="主播已公开回答的提问会保留，不再显示您的名字；未回答的提问已删除。",
        en="Questions that the host answered before everybody stay, without your name; the others are gone.",
    ),
    "people.kept.quizzes": Reason(
        zh="竞猜的统计结果需要保持准确，您的作答已匿名。",
        en="The counts of a quiz stay right; nobody can tell any more which answer was yours.",
    ),
    "people.kept.counts": Reason(
        zh="优惠券的发放数量需要保持准确，已匿名。",
        en="How many of a coupon were given stays right; nobody can tell any more that one was yours.",
    ),
    "people.kept.notices": Reason(
        zh="已发送通知的记录需要保留，以免重复发送；已匿名，不含通知内容。",
        en="That something was said stays, so that it is not said twice; without what it was, and nobody can tell to whom.",
    ),
    "people.kept.events": Reason(
        zh="系统内部记录数日后自动删除，其中您的信息已匿名。",
        en="Internal records go after some days by themselves; you are no longer named in them.",
    ),
}
