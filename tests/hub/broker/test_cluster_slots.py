"""Each channel has one server: the primary that the Cluster itself says owns the channel's slot."""

import pytest
from redis.asyncio.connection import SSLConnection
from redis.crc import key_slot

from livehub.hub.broker.cluster_slots import Address, ClusterSlots, SlotRange, connection_to, slots_of

A, B, C = Address("10.0.0.1", 6379), Address("10.0.0.2", 6379), Address("10.0.0.3", 6380)


def test_a_channel_lives_on_the_owner_of_its_slot():
    slot = key_slot(b"livehub:room:farm")
    shards = ClusterSlots([SlotRange(slot + 1, 16_383, C), SlotRange(0, slot - 1, A), SlotRange(slot, slot, B)])
    assert shards.owner("livehub:room:farm") == B
    assert shards.owners == {A, B, C}


def test_a_channel_of_a_slot_that_nobody_owns_has_no_server():
    slot = key_slot(b"livehub:room:farm")
    assert ClusterSlots([SlotRange(slot + 1, 16_383, A)]).owner("livehub:room:farm") is None
    assert ClusterSlots([SlotRange(0, slot - 1, A)]).owner("livehub:room:farm") is None
    assert ClusterSlots([]).owner("livehub:room:farm") is None


@pytest.mark.parametrize("host", [b"", b"?", None])
def test_a_node_that_leaves_out_its_address_is_where_it_was_asked(host: bytes | None):
    reply = [
        [0, 100, [host, 7000, b"id", []]],
        [101, 16_383, [b"10.0.0.3", 6380, b"id", []], [b"10.0.0.9", 1, b"id", []]],
    ]
    expected = ClusterSlots([SlotRange(0, 100, Address("valkey.farm", 7000)), SlotRange(101, 16_383, C)])
    assert slots_of(reply, "valkey.farm").ranges == expected.ranges


def test_other_nodes_are_reached_as_the_url_says_but_for_the_place():
    connection = connection_to("rediss://:pw@10.0.0.1:6379/3?max_connections=7", C, timeout_s=2.0)
    assert (vars(connection)["host"], vars(connection)["port"]) == ("10.0.0.3", 6380)
    assert isinstance(connection, SSLConnection)
    assert vars(connection_to("unix:///run/valkey.sock", C, timeout_s=2.0))["host"] == "10.0.0.3"
