"""The ledger as a module."""

from pathlib import Path

from livehub.base.module import Module, Part

LEDGER = Module(name="ledger", build=lambda _context: Part(), migrations=Path(__file__).parent / "migrations")
