"""A small show on the real demo, with a cut; an attacker on the real demo. Both from the command line, as people run them."""

import msgspec

from loadtest import command
from loadtest.hostile import command as hostile
from loadtest.results import Series
from tests.ports import free_port


def test_a_show_with_a_cut_is_sound_and_leaves_a_report(tmp_path, capsys):
    json, html = tmp_path / "report.json", tmp_path / "report.html"
    plan = f"--viewers 50 --seconds 3 --chats 10 --likes 50 --controls 2 --processes 2 --port {free_port()}"
    status = command.main([*plan.split(), "--json", str(json), "--html", str(html)])
    said = capsys.readouterr().out
    assert status == 0, said
    report = msgspec.json.decode(json.read_bytes(), type=Series).runs[0].report
    assert report.sound
    assert report.controls == 50 * 2 * 6  # six pairs within the show, at every viewer
    assert report.chats_sent == 30
    assert 0 < report.lines <= 50 * 30
    assert report.likes <= 50 * report.likes_sent
    assert report.controls_sent == 2 * (1 + 6 + 3)  # before it, in it, in the storm
    assert 0 < report.chat_p50_ms <= report.chat_p99_ms <= report.chat_max_ms + 1
    assert report.cpu_s > 0
    assert max(second.viewers for second in report.seconds) == 50
    assert [phase.name for phase in report.phases] == ["joining", "show", "storm"]
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert f"report: {html}" in said


def test_an_attacker_is_told_apart_from_the_room(tmp_path, capsys):
    json = tmp_path / "hostile.json"
    short = f"--rounds 1 --seconds 1 --viewers 20 --port {free_port()}"
    status = hostile.main([*short.split(), "--only", "10,000 likes a second", "--json", str(json)])
    assert status in (0, 1)  # how much the room noticed is not for a machine that runs other tests
    [told] = msgspec.json.decode(json.read_bytes())["outcomes"]
    assert told["attacker"] == "10,000 likes a second"
    assert set(told["got"]["errors"]) == {"1003"}
    assert "3504" in told["got"]["closed"]
    assert told["faults"] == {}
    assert min(told["quiet"][0]["frames"], told["attacked"][0]["frames"]) > 0
    assert "never reads" not in capsys.readouterr().out
