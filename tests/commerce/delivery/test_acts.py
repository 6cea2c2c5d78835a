"""What staff do about delivery is in the audit log once, under their name, with what changed; what changes nothing is not."""

from typing import Any

from livehub.base.auth import Role
from tests.commerce.delivery.town import DAILY, Town


async def acts(town: Town) -> list[tuple[Any, ...]]:
    found = await town.served.done("GET /api/audit?who=the-ops", role=Role.ADMIN)
    return [(act["type"], act["subject"], act["before"], act["after"]) for act in reversed(found["items"])]


async def test_each_change_is_there_with_what_it_changed(town: Town):
    area, point = await town.area(), await town.point()
    window = await town.window(area=area["id"])
    pattern = await town.done("POST /api/delivery/patterns", {"point": point["id"], **DAILY})
    made = await acts(town)
    assert [(type_, subject) for type_, subject, _, _ in made] == [
        ("delivery_area", area["id"]), ("delivery_point", point["id"]), ("delivery_window", window["id"]),
        ("delivery_pattern", pattern["id"]),
    ]  # fmt: skip
    assert all(before is None for _, _, before, _ in made)
    assert (made[0][3]["name"], made[0][3]["fee_minor"]) == ("Centre", 600)
    changes: dict[str, dict[str, Any]] = {
        f"areas/{area['id']}": {"fee_minor": 0},
        f"points/{point['id']}": {"closes": 1_260},
        f"windows/{window['id']}": {"capacity": 9},
        f"patterns/{pattern['id']}": {"is_on": False},
    }
    for path, change in changes.items():
        await town.done(f"PATCH /api/delivery/{path}", {"version": 1, **change})
    assert [(before, after) for _, _, before, after in (await acts(town))[4:]] == [
        ({"fee_minor": 600}, {"fee_minor": 0}), ({"closes": 1_200}, {"closes": 1_260}),
        ({"capacity": 1}, {"capacity": 9}), ({"is_on": True}, {"is_on": False}),
    ]  # fmt: skip


async def test_what_changes_nothing_is_no_act_and_no_version(town: Town):
    area = await town.area()
    window = await town.window(area=area["id"])
    count = len(await acts(town))
    again = [
        await town.done(f"PATCH /api/delivery/areas/{area['id']}", {"version": 1, "fee_minor": 600, "name": "Centre"}),
        await town.done(
            f"PATCH /api/delivery/windows/{window['id']}", {"version": 1, "capacity": 1, "is_closed": False}
        ),
    ]
    assert again == [area, window]
    assert len(await acts(town)) == count
    assert (await town.look(window))["version"] == 1
