"""The words of the sandbox's page, in Chinese and English. Pure: no I/O."""

WORDS: dict[str, dict[str, str]] = {
    "zh-CN": {
        "title": "测试支付",
        "mark": "这是测试收银台，不会产生真实扣款。",
        "open": "等待付款",
        "paid": "支付成功",
        "failed": "支付失败，请返回商家重新发起",
        "closed": "支付已关闭",
        "wait": "正在处理…",
        "away": "暂时没有回应，请稍后再试",
        "cancel": "取消支付",
        "back": "返回商家",
        "heading": "演示：各种异常情况",
        "notify": "通知商家",
        "once": "一次",
        "twice": "两次",
        "none": "不通知",
        "delay": "延迟（毫秒）",
        "pay": "确认支付",
        "pay_with_voucher": "用平台券支付",
        "pay_twice": "重复扣款",
        "pay_wrong_amount": "支付金额不符",
        "pay_wrong_currency": "支付币种不符",
        "decline": "模拟支付失败",
        "close": "关闭支付",
        "refunds_now": "退款立即到账",
        "refunds_later": "退款一直处理中",
        "refunds_fail": "退款总是失败",
        "refund_paid": "让处理中的退款到账",
        "refund_failed": "让处理中的退款失败",
    },
    "en": {
        "title": "Test payment",
        "mark": "This is a test checkout. No money moves.",
        "open": "Waiting for payment",
        "paid": "Paid",
        "failed": "The payment failed. Go back to the shop to try again.",
        "closed": "This payment is closed",
        "wait": "One moment…",
        "away": "No answer. Try again in a moment.",
        "cancel": "Cancel",
        "back": "Back to the shop",
        "heading": "Demo: everything that can go wrong",
        "notify": "Notify the shop",
        "once": "once",
        "twice": "twice",
        "none": "never",
        "delay": "Delay (ms)",
        "pay": "Pay",
        "pay_with_voucher": "Pay with a voucher",
        "pay_twice": "Charge twice",
        "pay_wrong_amount": "Pay another amount",
        "pay_wrong_currency": "Pay in another currency",
        "decline": "Decline",
        "close": "Close",
        "refunds_now": "Refunds succeed at once",
        "refunds_later": "Refunds stay in progress",
        "refunds_fail": "Refunds fail",
        "refund_paid": "Complete open refunds",
        "refund_failed": "Fail open refunds",
    },
}


def language_of(asked: str, accepted: str) -> str:
    """The language of the page: what its address asks for, else the first of ours that the browser names, else Chinese."""
    for each in (asked, *accepted.split(",")):
        tag = each.partition(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-CN"
        if tag.startswith("en"):
            return "en"
    return "zh-CN"
