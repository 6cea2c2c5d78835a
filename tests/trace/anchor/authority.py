"""A time stamp authority for tests: `openssl ts` behind HTTP, with a root certificate of its own."""

import asyncio
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HAS_OPENSSL = shutil.which("openssl") is not None
CONFIG = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
"""


class Authority:
    """`roots`: the file with its root certificate."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.roots = folder / "roots.pem"
        self.requests = 0
        root_key, key = (rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for _ in range(2))
        root = _certificate("Root of tests", root_key, "Root of tests", root_key, is_root=True)
        self.roots.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        signer = _certificate("Time of tests", key, "Root of tests", root_key, is_root=False)
        (folder / "signer.pem").write_bytes(signer.public_bytes(serialization.Encoding.PEM))
        (folder / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (folder / "serial").write_text("01\n")
        (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/", self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/timestamp-query"
        self.requests += 1
        answer = await asyncio.to_thread(self.stamp, await request.read())
        return web.Response(body=answer, content_type="application/timestamp-reply")

    def stamp(self, query: bytes) -> bytes:
        (self._folder / "query.tsq").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", "openssl.cnf", "-section", "ours", "-queryfile", "query.tsq"]
        command += ["-signer", "signer.pem", "-inkey", "key.pem", "-out", "reply.tsr"]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True)
        return (self._folder / "reply.tsr").read_bytes()

    def verifies(self, proof: bytes, note: bytes) -> bool:
        """By openssl."""
        (self._folder / "proof").write_bytes(proof)
        (self._folder / "note").write_bytes(note)
        command = ["openssl", "ts", "-verify", "-in", "proof", "-data", "note", "-CAfile", "roots.pem"]
        return subprocess.run(command, cwd=self._folder, check=False, capture_output=True).returncode == 0


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, *, is_root: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    usage = {
        "digital_signature": not is_root, "key_cert_sign": is_root, "crl_sign": is_root, "content_commitment": False,
        "key_encipherment": False, "data_encipherment": False, "key_agreement": False, "encipher_only": False,
        "decipher_only": False,
    }  # fmt: skip
    builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())
