"""Valkey as a Cluster: some nodes on 127.0.0.1, each a primary with its part of the slots. For tests of what runs on one.

A node that is killed and started again knows the others from its file, and serves its slots again. Nobody takes over from it
meanwhile, unless it was given a replica.
"""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from livehub.embedded.child import POLL_S, ServerError
from livehub.embedded.ports import free_port
from livehub.embedded.valkey import Valkey

SLOTS = 16_384
FORMED_TIMEOUT_S = 30.0  # they gossip once a second
NODE_TIMEOUT_MS = 2_000  # after which the others hold a silent node for lost


class Cluster:
    """So many nodes under `folder`; runs from construction until `close()`. Each node may be killed and started again."""

    def __init__(self, folder: Path, *, nodes: int = 3) -> None:
        self._password = secrets.token_urlsafe(24)
        self._gossip_ports: list[int] = []  # the default, the port and 10,000 more, is often above the last there is
        self.nodes: list[Valkey] = []
        self._folder = folder
        try:
            for _ in range(nodes):
                self._start_node()
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

    def add_replica(self, primary: int) -> int:
        """One more node, which takes over from `primary` when that is lost; its number."""
        self._start_node()
        number = len(self.nodes) - 1
        self.ask(0, "CLUSTER", "MEET", "127.0.0.1", self.nodes[number].port, self._gossip_ports[number])
        self._wait("the new node is not known", lambda: all(map(self._knows_all, range(len(self.nodes)))))
        self.ask(number, "CLUSTER", "REPLICATE", self.ask(primary, "CLUSTER", "MYID"))
        self._wait("the new node does not follow", lambda: self._follows(number))
        return number

    def close(self) -> None:
        for node in self.nodes:
            node.close()

    def _start_node(self) -> None:
        cluster = ["cluster-enabled yes", "cluster-config-file nodes.conf", f"cluster-node-timeout {NODE_TIMEOUT_MS}"]
        self._gossip_ports.append(free_port())
        place = [
            f"cluster-port {self._gossip_ports[-1]}",
            "cluster-announce-ip 127.0.0.1",
            f"primaryauth {self._password}",
        ]
        folder = self._folder / f"node-{len(self.nodes)}"
        self.nodes.append(Valkey(folder, port=0, password=self._password, settings=[*cluster, *place]))

    def _form(self) -> None:
        count = len(self.nodes)
        for number in range(count):
            first, end = SLOTS * number // count, SLOTS * (number + 1) // count
            self.ask(number, "CLUSTER", "ADDSLOTSRANGE", first, end - 1)
            self.ask(number, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node, gossip_port in zip(self.nodes, self._gossip_ports, strict=True):
            self.ask(0, "CLUSTER", "MEET", "127.0.0.1", node.port, gossip_port)
        self._wait("they do not find each other", lambda: all(map(self._knows_all, range(count))))

    def _wait(self, complaint: str, holds: Callable[[], object]) -> None:
        until_s = time.monotonic() + FORMED_TIMEOUT_S
        while not holds():
            if time.monotonic() > until_s:
                raise ServerError(f"the nodes of the Valkey cluster are not in order: {complaint}")
            time.sleep(POLL_S)

    def _knows_all(self, node: int) -> bool:
        info = self._info(node, "CLUSTER", "INFO")
        return info["cluster_state"] == "ok" and int(info["cluster_known_nodes"]) == len(self.nodes)

    def _follows(self, node: int) -> bool:
        return bool(self._info(node, "INFO", "replication").get("master_link_status") == "up")

    def _info(self, node: int, *command: str) -> dict[str, Any]:
        told = self.ask(node, *command)
        return (
            told if isinstance(told, dict) else dict(line.split(":", 1) for line in told.split("\r\n") if ":" in line)
        )
