"""Keys in settings: a file's path, or the PEM text itself. Looked at without loading `cryptography`.

A key that cannot be one is refused at the start, in words that say what was given in its place: the merchant's certificate
is taken for a key more often than anything else. Whether a key belongs to the account only WeChat Pay can tell.
"""

import base64
import binascii
import re
from pathlib import Path

KEY_BYTES_MAX = 16_384  # a PEM of RSA 4096 has 3,300
RSA_OID = bytes.fromhex("06092a864886f70d010101")  # rsaEncryption, RFC 8017 appendix C, as DER has it
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s*(.*?)\s*-----END \1-----", re.DOTALL)

PRIVATE, PUBLIC = "PRIVATE KEY", "PUBLIC KEY"  # PKCS #8 and SubjectPublicKeyInfo, as the merchant platform gives them
_IN_WORDS = {
    "CERTIFICATE": "a certificate",
    "RSA PRIVATE KEY": "a private key of PKCS #1 (`openssl pkcs8 -topk8 -nocrypt` makes it one of PKCS #8)",
    "ENCRYPTED PRIVATE KEY": "a private key with a password",
    "EC PRIVATE KEY": "a private key that is not RSA",
    PRIVATE: "a private key",
    PUBLIC: "a public key",
}


class KeyFault(Exception):
    """What is wrong with a key, in words; never what was written."""


def pem(value: str, label: str) -> str:
    """The PEM text of one RSA key, `label` PRIVATE or PUBLIC. Raises KeyFault."""
    text = _text(value)
    found = _PEM.search(text)
    if found is None:
        raise KeyFault("holds no key in PEM (-----BEGIN ...)")
    if found[1] != label:
        raise KeyFault(f"must be {_IN_WORDS[label]}, and is {_IN_WORDS.get(found[1], 'something else')}")
    body = "".join(found[2].split())
    try:
        der = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyFault("is damaged: it is not base64") from error
    if RSA_OID not in der[:64]:
        raise KeyFault("is no RSA key")
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----"


def _text(value: str) -> str:
    if value.lstrip().startswith("-----BEGIN"):
        return value.replace("\\n", "\n")  # many ways to set an environment have no line breaks
    try:
        data = Path(value).read_bytes()[:KEY_BYTES_MAX]
    except (OSError, ValueError) as error:
        raise KeyFault("names a file that cannot be read") from error
    return data.decode("ascii", "replace")
