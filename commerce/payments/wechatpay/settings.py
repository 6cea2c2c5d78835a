"""Settings of WeChat Pay. All of the merchant's or none: an account that is half set up is refused at the start."""

import re
from typing import Annotated

from commerce.payments.settings import PaymentsConfig
from commerce.payments.wechatpay import keys
from livehub.base.config import described, variable

API_V3_KEY_BYTES = 32
SERIAL = re.compile(r"[0-9A-Fa-f]{8,64}")

_NEEDED = (
    "wechatpay_mch_id",
    "wechatpay_app_id",
    "wechatpay_private_key",
    "wechatpay_certificate_serial",
    "wechatpay_api_v3_key",
    "wechatpay_public_key",
    "wechatpay_public_key_id",
)


class WechatpayConfig(PaymentsConfig, frozen=True, kw_only=True):
    wechatpay_mch_id: Annotated[
        str, described("merchant number at WeChat Pay; empty: none", form="digits", pattern=r"^[0-9]{0,32}$")
    ] = ""
    wechatpay_app_id: Annotated[
        str,
        described(
            "AppID that is bound to the merchant: that of the official account by which pages inside WeChat sign in",
            form="`wx` and what follows",
            pattern=r"^[A-Za-z0-9_-]{0,32}$",
        ),
    ] = ""
    wechatpay_private_key: Annotated[
        str, described("the merchant's private key (apiclient_key.pem)", form="a file, or the PEM text itself")
    ] = ""
    wechatpay_certificate_serial: Annotated[
        str, described("serial number of the merchant's certificate", form="hexadecimal digits")
    ] = ""
    wechatpay_api_v3_key: Annotated[
        str, described("the APIv3 key, by which notices are encrypted", form="32 characters")
    ] = ""
    wechatpay_public_key: Annotated[
        str, described("WeChat Pay's public key (pub_key.pem)", form="a file, or the PEM text itself")
    ] = ""
    wechatpay_public_key_id: Annotated[
        str, described("its id", form="`PUB_KEY_ID_...`", pattern=r"^(PUB_KEY_ID_[0-9A-Za-z]{1,64})?$")
    ] = ""
    wechatpay_url: Annotated[
        str,
        described(
            "WeChat Pay's server; its other one is https://api2.mch.weixin.qq.com",
            form="`https://host`",
            pattern=r"^https?://[^/?#\s]+$",
        ),
    ] = "https://api.mch.weixin.qq.com"
    wechatpay_bill_bytes_max: Annotated[
        int, described("largest bill of a day, unpacked; a row has about 400 bytes", ge=1_024, le=10_000_000_000)
    ] = 500_000_000
    wechatpay_bill_s_max: Annotated[float, described("longest time to download the bill of a day", gt=0, le=3_600)] = (
        300.0
    )

    @property
    def is_set(self) -> bool:
        """Whether there is an account."""
        return bool(self.wechatpay_mch_id)

    def faults(self) -> list[str]:
        """What is missing, and which keys are none."""
        given = [name for name in _NEEDED if getattr(self, name)]
        if not given:
            return []
        missing = [name for name in _NEEDED if name not in given]
        faults = [f"{variable(name)}: is needed where {variable(given[0])} is set" for name in missing]
        for name, label in (("wechatpay_private_key", keys.PRIVATE), ("wechatpay_public_key", keys.PUBLIC)):
            if name in given:
                try:
                    keys.pem(getattr(self, name), label)
                except keys.KeyFault as fault:
                    faults.append(f"{variable(name)}: {fault}")
        if self.wechatpay_api_v3_key and len(self.wechatpay_api_v3_key.encode()) != API_V3_KEY_BYTES:
            faults.append(f"{variable('wechatpay_api_v3_key')}: must have {API_V3_KEY_BYTES} characters")
        serial = self.wechatpay_certificate_serial
        if serial and not SERIAL.fullmatch(serial):
            faults.append(f"{variable('wechatpay_certificate_serial')}: must be hexadecimal digits")
        return faults
