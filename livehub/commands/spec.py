"""`spec`: the documents and types that are generated from the contract."""

import argparse
from pathlib import Path

from livehub.commands.terminal import Environ, say
from livehub.spec import generate


def run(options: argparse.Namespace, _environ: Environ) -> int:
    """Write those that are not current, or fail for them with `--check`."""
    root = Path(__file__).parent.parent.parent
    stale = generate.stale(root) if options.check else generate.write(root)
    for path in stale:
        say(f"{'out of date' if options.check else 'written'}: {path}")
    return 1 if options.check and stale else 0
