"""An account at WeChat Pay is set up whole, or refused at the start in words that never say what was written."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from commerce.payments.providers import Providers
from livehub import app
from livehub.base.config import ConfigError
from tests.base.served import SECRET
from tests.commerce.payments.wechatpay_double import WechatpayDouble, key, private_pem, public_pem, settings


def variables(**changed: str) -> dict[str, str]:
    given = {**settings(WechatpayDouble()), "payment_providers": "wechatpay", "secret": SECRET}
    given.pop("wechatpay_url")
    return {f"LIVEHUB_{name.upper()}": value for name, value in {**given, **changed}.items()}


def faults(**changed: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as raised:
        app.settings(variables(**changed))
    return raised.value.faults


def providers(**changed: str) -> Providers:
    return app.Application(app.settings(variables(**changed))).get(Providers)


def test_a_whole_account_is_offered():
    assert providers().offered == ["wechatpay"]


def test_an_account_that_is_not_offered_can_still_be_asked_about():
    known = providers(payment_providers="")
    assert known.offered == []
    assert known.get("wechatpay").name == "wechatpay"


def test_keys_may_be_files(tmp_path: Path):
    private, public = tmp_path / "apiclient_key.pem", tmp_path / "pub_key.pem"
    private.write_text(private_pem("merchant"))
    public.write_text(public_pem("wechatpay"))
    known = providers(wechatpay_private_key=str(private), wechatpay_public_key=str(public))
    assert known.offered == ["wechatpay"]


def test_keys_may_be_text_without_line_breaks():
    known = providers(
        wechatpay_private_key=private_pem("merchant").replace("\n", "\\n"),
        wechatpay_public_key=public_pem("wechatpay").replace("\n", " "),
    )
    assert known.offered == ["wechatpay"]


@pytest.mark.parametrize(
    "name",
    [
        "wechatpay_app_id",
        "wechatpay_private_key",
        "wechatpay_certificate_serial",
        "wechatpay_api_v3_key",
        "wechatpay_public_key",
        "wechatpay_public_key_id",
    ],
)
def test_what_is_missing_is_named(name: str):
    needed = f"LIVEHUB_{name.upper()}: is needed where LIVEHUB_WECHATPAY_MCH_ID is set"
    assert faults(**{name: ""}) == (needed,)


@pytest.mark.parametrize("name", ["wechatpay", "stripe"])
def test_an_account_that_is_offered_has_to_be_there(name: str):
    given = app.settings({"LIVEHUB_PAYMENT_PROVIDERS": f"sandbox,{name}", "LIVEHUB_SECRET": SECRET})
    with pytest.raises(ConfigError) as raised:
        app.Application(given)
    assert raised.value.faults == (f"LIVEHUB_PAYMENT_PROVIDERS: names {name}, of which no account is set",)


def pkcs1() -> str:
    return key("merchant").private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def elliptic() -> str:
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
MADE_PKCS8 = "openssl pkcs8 -topk8 -nocrypt"
P, K = "LIVEHUB_WECHATPAY_PRIVATE_KEY", "LIVEHUB_WECHATPAY_PUBLIC_KEY"


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"wechatpay_private_key": "/nonexistent/key.pem"}, f"{P}: names a file that cannot be read"),
        ({"wechatpay_private_key": "/dev/null"}, f"{P}: holds no key in PEM (-----BEGIN ...)"),
        ({"wechatpay_private_key": "x\0y"}, f"{P}: names a file that cannot be read"),
        ({"wechatpay_private_key": CERTIFICATE}, f"{P}: must be a private key, and is a certificate"),
        ({"wechatpay_private_key": public_pem("merchant")}, f"{P}: must be a private key, and is a public key"),
        (
            {"wechatpay_private_key": pkcs1()},
            f"{P}: must be a private key, and is a private key of PKCS #1 (`{MADE_PKCS8}` makes it one of PKCS #8)",
        ),
        ({"wechatpay_private_key": elliptic()}, f"{P}: is no RSA key"),
        (
            {"wechatpay_private_key": private_pem("merchant").replace("MII", "!!!", 1)},
            f"{P}: is damaged: it is not base64",
        ),
        ({"wechatpay_public_key": CERTIFICATE}, f"{K}: must be a public key, and is a certificate"),
        ({"wechatpay_public_key": private_pem("merchant")}, f"{K}: must be a public key, and is a private key"),
        ({"wechatpay_api_v3_key": "short"}, "LIVEHUB_WECHATPAY_API_V3_KEY: must have 32 characters"),
        (
            {"wechatpay_certificate_serial": "not hex!"},
            "LIVEHUB_WECHATPAY_CERTIFICATE_SERIAL: must be hexadecimal digits",
        ),
        (
            {"wechatpay_public_key_id": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"},
            "LIVEHUB_WECHATPAY_PUBLIC_KEY_ID: must be PUB_KEY_ID_...",
        ),
    ],
)
def test_what_is_wrong_is_told_and_what_was_written_is_not(changed: dict[str, str], fault: str):
    [told, *_] = faults(**changed)
    assert told == fault
    assert not any(value[:40] in told for value in changed.values() if len(value) > 40)


@pytest.mark.parametrize("name", ["wechatpay_private_key", "wechatpay_public_key"])
def test_a_key_that_is_damaged_inside_is_refused_when_it_is_loaded(name: str):
    whole = settings(WechatpayDouble())[name]
    lines = whole.splitlines()
    with pytest.raises(ConfigError) as raised:
        providers(**{name: "\n".join([*lines[:3], *lines[4:]])})
    assert str(raised.value).startswith("a key of WeChat Pay cannot be used: failed to load p")


PROBE = """
import sys
from livehub import __main__ as main
main.leave_out()
import livehub.commands.worker
main.let_load_late()
print(*(name for name in ("httpx", "wechatpayv3", "stripe") if name in sys.modules))
import os
from livehub import app
from livehub.base.module import ProcessRole
from commerce.payments.providers import Providers
one = app.Application(app.settings(os.environ), roles=frozenset({ProcessRole.SOCKETS}))
print(*one.get(Providers).offered)
print(*(name for name in ("httpx", "wechatpayv3", "requests") if sys.modules.get(name) is not None))
"""


def probed(environ: dict[str, str]) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60, env=environ
    )
    return ran.stdout.splitlines()


def test_the_library_is_loaded_where_there_is_an_account_and_nowhere_else():
    assert probed(variables()) == ["", "wechatpay", "httpx wechatpayv3"]
    assert probed({"LIVEHUB_SECRET": SECRET}) == ["", "", ""]
