#!/usr/bin/env python3
"""Sets the checkout up: Python packages from the locks, the web pages, a browser for the tests.

    python3 bootstrap/setup.py runtime|media|demo|stripe|anchor|dev|npm|web|browser ...

`runtime` is what every process of the server needs, the stock engine's kernel compiled, `media` what one with cameras and
programs needs besides, `demo` the PostgreSQL and Valkey of `demo`, `stripe` and `anchor` what payments there and anchors of
the log need; `dev` is all of them, and what testing and linting need. `web` is `npm` (the packages of web/) and the pages built
with them.

Standard library only, since nothing is installed yet. Every step leaves a stamp, a hash of the files that its outcome
depends on, and is skipped while the stamp fits; so this can run before every command and costs a tenth of a second when
there is nothing to do. What gets installed is exactly what the locks say, hashes checked; lock.py writes those.
"""

import os
import shutil
import sys

PYTHON_MIN = (3, 11)
PACKAGES = ("runtime", "media", "demo", "stripe", "anchor")
TARGETS = (*PACKAGES, "dev", "npm", "web", "browser")

if sys.version_info < PYTHON_MIN:  # before the imports below, which an older Python could not read
    newer = [shutil.which("python3.%d" % minor) for minor in (14, 13, 12, 11)]
    for found in filter(None, newer):
        os.execv(found, [found, *sys.argv])
    sys.exit("set-up: livehub needs Python 3.11 or newer, and finds %d.%d; install it" % sys.version_info[:2])

import browser
import environment
import kernel
import node
from steps import Plan, SetupError, Step, say


def main(targets: list[str]) -> int:
    unknown = [name for name in targets if name not in TARGETS]
    if unknown or not targets:
        print(f"usage: setup.py {'|'.join(TARGETS)} ...", file=sys.stderr)
        return 2
    try:
        Plan(steps_for(targets)).carry_out()
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: stopped; run it again to go on", file=sys.stderr)
        return 130
    return 0


def steps_for(targets: list[str]) -> list[Step]:
    """The steps of `targets`, each once, in the order in which they build on each other."""
    steps = [environment.environment_step()]
    if "dev" in targets:
        steps.append(environment.packages_step("dev"))
    else:
        steps += [environment.packages_step(name) for name in PACKAGES if name in targets]
    if "dev" in targets or "runtime" in targets:
        steps.append(kernel.kernel_step())
    if "npm" in targets or "web" in targets:
        steps += web_steps(with_pages="web" in targets)
    if "browser" in targets:
        steps.append(browser.browser_step())
    return steps


def web_steps(*, with_pages: bool) -> list[Step]:
    if not (node.WEB / "package-lock.json").is_file():
        say("web/ has no package-lock.json, so there are no web pages to make")
        return []
    return [node.packages_step(), node.build_step()] if with_pages else [node.packages_step()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
