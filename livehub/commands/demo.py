"""`demo`: everything with embedded servers under one folder, and the demo farm."""

import argparse
from contextlib import ExitStack

import msgspec

from livehub import demo, embedded
from livehub.app import Application
from livehub.base.migrations import migrate
from livehub.commands.processes import serve_processes, shown
from livehub.commands.terminal import Environ, configured, say
from livehub.secret import secret_of


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Start what is missing, load the farm, serve."""
    given = {"LIVEHUB_SIGN_IN_BY_NAME": "true", "LIVEHUB_LOG_FORMAT": "text", "LIVEHUB_LOG_LEVEL": "WARNING"}
    environ = {**given, **environ}
    config = configured(environ)
    config = msgspec.structs.replace(config, secret=secret_of(config, options.data, make=True))
    with ExitStack() as stack:
        if not (config.database_url and config.redis_url):
            servers = stack.enter_context(
                embedded.start(
                    options.data, postgres=not config.database_url, valkey=not config.redis_url, progress=say
                )
            )
            config = msgspec.structs.replace(
                config,
                database_url=config.database_url or servers.database_url,
                redis_url=config.redis_url or servers.redis_url,
            )
        migrate(config.database_url)
        url = config.public_url or f"http://{shown(config.host)}:{options.port}"

        async def ready(application: Application) -> None:
            await demo.load(application)
            say(f"\nlivehub is up: {url}\n")
            for what, address in demo.sign_in_links(application, url, config.token_ttl_s):
                say(f"  {what:<12} {address}")
            say(f"\n  rooms        {url}/\n  API          {url}/api/openapi.json\n\nCtrl-C stops it.")

        serve_processes(config, options, environ, ready)
    return 0
