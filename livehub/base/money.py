"""Amounts of money where no rule about money is needed: to show them to people and to write them into files; and which
currencies there are. Pure: no I/O.

Exponents are those of ISO 4217. CLDR, by which pages show amounts, has fewer digits for some currencies whose coins are out of
use (HUF, IDR); banks and payment providers go by ISO 4217.
"""

from decimal import Decimal

from msgspec import Struct

_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS "
    "KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
    "PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
    "TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
EXPONENTS = {currency: digits for digits, currencies in _EXPONENTS.items() for currency in currencies.split()}
"""How many digits the minor unit of each currency in use has."""

SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$"}


class Money(Struct, frozen=True, gc=False):
    """`minor` units of `currency` (ISO 4217), of which `decimals` stand after the point (CNY 2, JPY 0)."""

    minor: int
    currency: str
    decimals: int

    def number(self) -> str:
        """Without its currency, as files have it: 1059.30, -3.00."""
        if not self.decimals:
            return str(self.minor)
        digits = str(abs(self.minor)).zfill(self.decimals + 1)
        return f"{'-' if self.minor < 0 else ''}{digits[: -self.decimals]}.{digits[-self.decimals :]}"

    def text(self) -> str:
        """As pages show it, in every language of theirs: ¥59.30, -¥3.00, SEK 59.30."""
        sign = "-" if self.minor < 0 else ""
        symbol = SYMBOLS.get(self.currency, f"{self.currency} ")
        return f"{sign}{symbol}{Decimal(abs(self.minor)).scaleb(-self.decimals):,.{self.decimals}f}"
