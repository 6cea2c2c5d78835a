"""Codes by Tencent's SMS: signed as its documents say; refusals are told apart by whose fault they are; no code is logged."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub.base.config import ConfigError, load
from livehub.people.settings import PeopleConfig
from livehub.people.signin.tc3 import authorization
from tests.base.served import NOW_S, Answer, Served, serving
from tests.people.browser import Page
from tests.people.tencent_double import APP, SECRET_ID, SECRET_KEY, SIGN, TencentDouble, tencent_double

PHONE, HONG_KONG = "+8613800138000", "+85251234567"
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
GIVEN: dict[str, Any] = {
    "code_sender": "tencent",
    "tencent_secret_id": SECRET_ID,
    "tencent_secret_key": SECRET_KEY,
    "tencent_sms_app_id": APP,
    "tencent_sms_sign_name": SIGN,
    "tencent_sms_templates": "sign_in=1110,add_phone=1111",
    "code_sender_s_max": 1.0,
    "codes_without_proof_max": 20,
}


@pytest.fixture
async def tencent() -> AsyncIterator[TencentDouble]:
    async with tencent_double(NOW_S) as double:
        yield double


@pytest.fixture
async def served(database_url: str, tencent: TencentDouble) -> AsyncIterator[Served]:
    async with serving(database_url, tencent_sms_url=tencent.url, **GIVEN) as server:
        yield server


async def ask(served: Served, phone: str = PHONE) -> Answer:
    return await Page(served).call("POST /api/sign-in/phone", {"phone": phone})


def test_a_request_is_signed_as_in_the_example_of_the_documents() -> None:
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    header = authorization(
        secret_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        secret_key="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        service="cvm",
        host="cvm.tencentcloudapi.com",
        body=body,
        now_s=1_551_113_065,
    )
    assert header == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


async def test_a_code_that_comes_by_sms_signs_in(served: Served, tencent: TencentDouble):
    page = Page(served)
    await page.open()
    asked = await page.call("POST /api/sign-in/phone", {"phone": "138 0013 8000"})
    assert asked.status == 202
    [sms] = tencent.sent
    assert (sms.phone, sms.template, sms.sign, len(sms.params)) == (PHONE, "1110", SIGN, 1)
    signed_in = await page.call(f"POST /api/sign-in/phone/{asked.body['challenge']}", {"code": sms.params[0]})
    assert (signed_in.status, signed_in.body["person"]["role"]) == (200, "viewer")
    assert (await served.done("GET /api/sign-in", role=None))["phone"] is True


async def test_each_purpose_has_its_template(served: Served, tencent: TencentDouble):
    page = Page(served)
    await page.open(name="Mei")
    assert (await page.call("POST /api/me/phone", {"phone": PHONE})).status == 202
    assert [each.template for each in tencent.sent] == ["1111"]


async def test_numbers_abroad_have_templates_of_their_own_and_texts_may_say_how_long(
    database_url: str, tencent: TencentDouble
) -> None:
    given = {
        **GIVEN,
        "phone_regions": "CN,HK",
        "tencent_sms_templates": "sign_in=1113,add_phone=1111,sign_in_abroad=2220,add_phone_abroad=2221",
    }
    longer = {**given, "tencent_sms_params": "code,minutes", "code_s": 650}
    async with serving(database_url, tencent_sms_url=tencent.url, **longer) as served:
        assert (await ask(served)).status == 202
        assert (tencent.sent[0].template, tencent.sent[0].params[1]) == ("1113", "10")
    async with serving(database_url, tencent_sms_url=tencent.url, **given) as served:
        assert (await ask(served, HONG_KONG)).status == 202
        assert (tencent.sent[1].template, tencent.sent[1].sign) == ("2220", "")


@pytest.mark.parametrize(
    "error", ["InvalidParameterValue.IncorrectPhoneNumber", "FailedOperation.PhoneNumberInBlacklist"]
)
async def test_a_number_that_is_refused_is_the_askers(
    served: Served, tencent: TencentDouble, error: str, caplog: pytest.LogCaptureFixture
):
    tencent.number_error = error
    answer = await ask(served)
    assert (answer.status, answer.body["code"], answer.body["name"]) == (422, 1112, "bad_phone")
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize(
    ("error", "wait_ms"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", MINUTE_MS),  # our own pause is longer
        ("LimitExceeded.DeliveryFrequencyLimit", HOUR_MS),
        ("LimitExceeded.PhoneNumberOneHourLimit", HOUR_MS),
        ("LimitExceeded.PhoneNumberDailyLimit", DAY_MS),
        ("LimitExceeded.PhoneNumberSameContentDailyLimit", DAY_MS),
    ],
)
async def test_a_number_that_got_too_many_is_told_when_to_come_back(
    served: Served, tencent: TencentDouble, error: str, wait_ms: int
):
    tencent.number_error = error
    answer = await ask(served)
    assert (answer.status, answer.body["code"], answer.body["retry_after_ms"]) == (429, 1003, wait_ms)


async def test_the_limits_of_tencent_are_met_where_ours_are_wider(database_url: str, tencent: TencentDouble) -> None:
    wide: dict[str, Any] = {"code_resend_s": 0, "codes_per_phone_hour_max": 100, "codes_per_network_hour_max": 100}
    wide |= {"codes_per_phone_area_hour_max": 100, "codes_unused_without_proof_max": 100}
    async with serving(database_url, tencent_sms_url=tencent.url, **GIVEN, **wide) as served:
        answers = []
        for pause_s in (0, 10, 30, 30, 30, 30, 30):
            served.clock.now_s += pause_s
            tencent.now_s += pause_s
            answers.append(await ask(served))
    assert [each.status for each in answers] == [202, 429, 202, 202, 202, 202, 429]
    assert [each.body["retry_after_ms"] for each in (answers[1], answers[6])] == [30_000, HOUR_MS]
    assert len(tencent.sent) == 5


OURS = (
    "AuthFailure.SecretIdNotFound",
    "AuthFailure.UnauthorizedOperation",
    "FailedOperation.InsufficientBalanceInSmsPackage",
    "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.TemplateIncorrectOrUnapproved",
    "InternalError.RequestTimeException",
    "InternalError.SigVerificationFail",
    "LimitExceeded.AppDailyLimit",
    "UnauthorizedOperation.RequestIpNotInWhitelist",
    "UnauthorizedOperation.SerivceSuspendDueToArrears",
    "UnsupportedOperation.UnsuportedRegion",
    "SomethingNew.OfNextYear",
)


@pytest.mark.parametrize("error", OURS)
@pytest.mark.parametrize("field", ["error", "number_error"])
async def test_what_only_we_can_mend_is_an_alarm_and_a_number(
    served: Served, tencent: TencentDouble, error: str, field: str, caplog: pytest.LogCaptureFixture
):
    setattr(tencent, field, error)
    answer = await ask(served)
    assert (answer.status, answer.body["code"], answer.body["retry_after_ms"]) == (503, 1113, 900_000)
    [alarm] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (alarm.getMessage(), vars(alarm)["code"]) == ("tencent_sms.not_in_order", error)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"tencent_secret_id": "AKIDofanother"}, "AuthFailure.SecretIdNotFound"),
        ({"tencent_secret_key": "another"}, "AuthFailure.SignatureFailure"),
        ({"tencent_sms_app_id": "14"}, "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        ({"tencent_sms_sign_name": "别人"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"tencent_sms_templates": "sign_in=9,add_phone=9"}, "FailedOperation.TemplateUnapprovedOrNotExist"),
        ({"tencent_sms_params": "code,minutes"}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"tencent_sms_region": "mars"}, "UnsupportedRegion"),
    ],
)
async def test_a_wrong_setting_is_told_to_operators_as_tencent_calls_it(
    database_url: str, tencent: TencentDouble, wrong: dict[str, str], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(database_url, tencent_sms_url=tencent.url, **(GIVEN | wrong)) as served:
        answer = await ask(served)
    assert (answer.status, answer.body["code"]) == (503, 1113)
    assert [vars(each)["code"] for each in caplog.records if each.levelno == logging.ERROR] == [told]


@pytest.mark.parametrize(("apart_s", "status"), [(-301, 503), (-300, 202), (300, 202), (301, 503)])
async def test_a_clock_that_is_wrong_is_ours(
    served: Served, tencent: TencentDouble, apart_s: int, status: int, caplog: pytest.LogCaptureFixture
):
    tencent.now_s += apart_s
    assert (await ask(served)).status == status
    alarms = [vars(each)["code"] for each in caplog.records if each.levelno == logging.ERROR]
    assert alarms == (["AuthFailure.SignatureExpire"] if status == 503 else [])


@pytest.mark.parametrize(
    "trouble",
    [
        {"error": "InternalError"},
        {"error": "RequestLimitExceeded.UinLimitExceeded"},
        {"number_error": "InternalError.Timeout"},
        {"is_slow": True},
        {"cuts": True},
        {"status": 502},
        {"status": 302},
        {"raw": b""},
        {"raw": b"null"},
        {"raw": b"<html>"},
        {"raw": b"\xff"},
        {"raw": b'{"Response": {}}'},
        {"raw": b'{"Response": {"SendStatusSet": []}}'},
        {"raw": b'{"Response": {"SendStatusSet": [{"Code": null}]}}'},
        {"raw": b" " * 100_000},
    ],
    ids=str,
)
async def test_what_passes_is_to_be_tried_again_by_whoever_asked(
    served: Served, tencent: TencentDouble, trouble: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    for field, value in trouble.items():
        setattr(tencent, field, value)
    answer = await ask(served)
    assert (answer.status, answer.body["code"], answer.body["retry_after_ms"]) == (503, 1200, MINUTE_MS)
    assert tencent.calls == 1
    assert [each.levelname for each in caplog.records if each.name == "livehub.people.tencent_sms"] == ["WARNING"]


async def test_a_server_that_is_not_there_is_one_that_does_not_answer(database_url: str) -> None:
    async with serving(database_url, tencent_sms_url="http://127.0.0.1:9", **GIVEN) as served:
        answer = await ask(served)
        assert (answer.status, answer.body["code"]) == (503, 1200)


async def test_no_code_number_or_key_stands_in_a_log(
    served: Served, tencent: TencentDouble, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    await ask(served)
    for trouble in ("FailedOperation.ContainSensitiveWord", "FailedOperation.PhoneNumberInBlacklist", "InternalError"):
        served.clock.now_s += 60
        tencent.now_s += 60
        tencent.number_error = trouble
        await ask(served)
    told = " ".join(str(vars(each)) for each in caplog.records if each.name.startswith(("livehub", "aiohttp")))
    assert "tencent_sms.not_in_order" in told
    for secret in (tencent.sent[0].params[0], PHONE, "13800138000", SECRET_KEY):
        assert secret not in told


@pytest.mark.parametrize(
    ("without", "fault"),
    [
        ("tencent_secret_key", "LIVEHUB_TENCENT_SECRET_KEY: is needed where LIVEHUB_CODE_SENDER is tencent"),
        ("tencent_sms_app_id", "LIVEHUB_TENCENT_SMS_APP_ID: is needed where LIVEHUB_CODE_SENDER is tencent"),
        (
            "tencent_sms_templates",
            "LIVEHUB_TENCENT_SMS_TEMPLATES: lacks add_phone, sign_in, for LIVEHUB_PHONE_REGIONS",
        ),
    ],
)
def test_what_is_missing_is_told_at_the_start(without: str, fault: str) -> None:
    given = {name: value for name, value in GIVEN.items() if name != without}
    with pytest.raises(ConfigError) as refused:
        load({}, [PeopleConfig], **given)
    assert str(refused.value) == fault


def test_numbers_abroad_need_their_templates_and_signed_http_its_address() -> None:
    with pytest.raises(ConfigError, match="lacks add_phone_abroad, sign_in_abroad, for LIVEHUB_PHONE_REGIONS"):
        load({}, [PeopleConfig], **{**GIVEN, "phone_regions": "cn, HK"})
    load({}, [PeopleConfig], **GIVEN)
    with pytest.raises(ConfigError, match=r"^LIVEHUB_CODE_SENDER_URL: is needed where LIVEHUB_CODE_SENDER is http"):
        load({}, [PeopleConfig], code_sender="http")
