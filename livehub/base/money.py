"""Amounts of money where no rule about money is needed: to show them to people and to write them into files. Pure: no I/O."""

from decimal import Decimal

from msgspec import Struct

SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$"}


class Money(Struct, frozen=True):
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
