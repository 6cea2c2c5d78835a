"""Valkey as a Cluster: some nodes on 127.0.0.1, each a primary with its part of the slots. For tests of what runs on one.

A node that is killed and started again knows the others from its file, and serves its slots again. Without replicas nobody
takes over from it meanwhile.
"""

import secrets
import time
from pathlib import Path
from typing import Any

import redis

from livehub.servers.child import POLL_S, ServerError
from livehub.servers.valkey import Valkey, free_port

SLOTS = 16_384
FORMED_TIMEOUT_S = 30.0  # they gossip once a second
NODE_TIMEOUT_MS = 2_000  # after which the others hold a silent node for lost


class Cluster:
    """So many nodes under `folder`; runs from construction until `close()`. Each node may be killed and started again."""

    def __init__(self, folder: Path, *, nodes: int = 3) -> None:
        self._password = secrets.token_urlsafe(24)
        self._gossip_ports: list[int] = []  # the default, the port and 10,000 more, is often above the last there is
        self.nodes: list[Valkey] = []
        try:
            for number in range(nodes):
                self.nodes.append(self._node(folder / f"node-{number}"))
            self._form()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """One of them; whoever asks it hears of the others."""
        return self.nodes[0].url

    def ask(self, node: int, *command: str | int) -> Any:
        """The answer of a node to a command."""
        with redis.Redis.from_url(self.nodes[node].url, decode_responses=True) as client:
            return client.execute_command(*command)

    def owner(self, slot: int) -> int:
        """The node whose slot it is, by the word of the first that answers."""
        alive = next(number for number, node in enumerate(self.nodes) if node.alive)
        port = next(first[1] for start, end, first, *_ in self.ask(alive, "CLUSTER", "SLOTS") if start <= slot <= end)
        return next(number for number, node in enumerate(self.nodes) if node.port == port)

    def move(self, slot: int, target: int) -> None:
        """Give a slot to another node. It must hold no keys, as those of a bus do not."""
        source = self.owner(slot)
        old_owner, new_owner = self.ask(source, "CLUSTER", "MYID"), self.ask(target, "CLUSTER", "MYID")
        self.ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", old_owner)
        self.ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", new_owner)
        others = [number for number in range(len(self.nodes)) if number not in (source, target)]
        for number in (target, source, *others):
            self.ask(number, "CLUSTER", "SETSLOT", slot, "NODE", new_owner)

    def close(self) -> None:
        """Stops all of them."""
        for node in self.nodes:
            node.close()

    def _node(self, folder: Path) -> Valkey:
        cluster = ["cluster-enabled yes", "cluster-config-file nodes.conf", f"cluster-node-timeout {NODE_TIMEOUT_MS}"]
        self._gossip_ports.append(free_port())
        place = [
            f"cluster-port {self._gossip_ports[-1]}",
            "cluster-announce-ip 127.0.0.1",
            f"primaryauth {self._password}",
        ]
        return Valkey(folder, port=0, password=self._password, settings=[*cluster, *place])

    def _form(self) -> None:
        count = len(self.nodes)
        for number in range(count):
            first, end = SLOTS * number // count, SLOTS * (number + 1) // count
            self.ask(number, "CLUSTER", "ADDSLOTSRANGE", first, end - 1)
            self.ask(number, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node, gossip_port in zip(self.nodes, self._gossip_ports, strict=True):
            self.ask(0, "CLUSTER", "MEET", "127.0.0.1", node.port, gossip_port)
        until_s = time.monotonic() + FORMED_TIMEOUT_S
        while not all(self._knows_all(number) for number in range(count)):
            if time.monotonic() > until_s:
                raise ServerError("the nodes of the Valkey cluster do not find each other")
            time.sleep(POLL_S)

    def _knows_all(self, node: int) -> bool:
        info = self.ask(node, "CLUSTER", "INFO")
        state = info if isinstance(info, dict) else dict(line.split(":") for line in info.split())
        return state["cluster_state"] == "ok" and int(state["cluster_known_nodes"]) == len(self.nodes)
