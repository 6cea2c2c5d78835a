"""A process that holds sockets loads nothing for a sign-in of staff until somebody comes; then it does."""

import subprocess
import sys

import pytest

PROBE = """
import sys
from livehub import __main__ as main
main.leave_out()
import livehub.commands.{command}
main.let_load_late()
heavy = ("cryptography", "joserfc", "webauthn", "altcha", "requests", "valkey", "websocket", "redis.commands",
    "httpx", "wechatpayv3", "stripe")
print(*(name for name in heavy if sys.modules.get(name) is not None))
from joserfc import jwk
import webauthn
print(jwk.RSAKey.generate_key(2048).key_type)
"""


@pytest.mark.parametrize("command", ["worker", "jobs_process"])
def test_what_a_sign_in_of_staff_needs_is_loaded_when_somebody_comes(command: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE.format(command=command)], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == "\nRSA\n"
