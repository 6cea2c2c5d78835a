"""Settings of people, their sign-in and their sessions."""

from typing import Annotated, Literal

from livehub.base.config import Config, described, variable

CODE_PURPOSES = ("sign_in", "add_phone")
"""What a code is sent for; each has a text of its own at who sends it."""
_TEMPLATE = rf"({'|'.join(CODE_PURPOSES)})(_abroad)?=[0-9]{{1,20}}"
URL = r"^(https?://[^/?#\s]+(/[^#\s]*)?)?$"


class PeopleConfig(Config, frozen=True, kw_only=True):
    """What people, their sign-in and their sessions read."""

    sign_in_by_name: Annotated[
        bool, described("POST /api/session {name} signs a viewer in who has proved nothing; for demos")
    ] = False
    sign_in_by_link: Annotated[
        bool, described("`#token=` links sign staff in on their pages; for demos, whoever has the link is that person")
    ] = False
    guest_token_ttl_s: Annotated[int, described("life of a guest's token", ge=60, le=31_536_000)] = 86_400
    guest_cookie_s: Annotated[int, described("how long a browser stays the same guest", ge=7_200, le=34_560_000)] = (
        15_552_000
    )
    sessions_per_s_max: Annotated[float, described("tokens given a second to one address", gt=0, le=1_000_000)] = 5.0
    sessions_burst_max: Annotated[int, described("tokens given at once to one address", ge=1)] = 200
    session_s: Annotated[int, described("life of a sign-in of a viewer", ge=7_200, le=31_536_000)] = 7_776_000
    staff_session_s: Annotated[int, described("life of a sign-in of staff", ge=600, le=2_592_000)] = 43_200
    session_token_s: Annotated[
        int, described("life of the token that a session is exchanged for; pages ask for a new one", ge=60, le=86_400)
    ] = 900
    session_poll_s: Annotated[float, described("how late a process learns that a session has ended", gt=0, le=30)] = 0.5
    sessions_each_max: Annotated[int, described("sessions of one person at a time; the oldest end", ge=1, le=1_000)] = (
        50
    )
    staff_by_phone: Annotated[
        bool, described("a code by phone is enough for staff, too; else whoever signs in by one is a viewer there")
    ] = False
    phone_regions: Annotated[
        str,
        described(
            "countries whose phones get codes, comma separated; a number without a country is of the first",
            form="two letters each, e.g. `CN,HK`",
            pattern=r"^\s*[A-Za-z]{2}(\s*,\s*[A-Za-z]{2})*\s*$",
        ),
    ] = "CN"
    phone_unused_days: Annotated[
        int,
        described(
            "a number by which nobody signed in for so many days may have been given to somebody else: by a code alone, in a"
            " browser that its person was never in, it makes a new person; 0: never",
            ge=0,
            le=36_500,
        ),
    ] = 180
    code_sender: Annotated[
        Literal["", "http", "tencent"], described("how codes get to phones; empty: nobody signs in by phone")
    ] = ""
    code_sender_url: Annotated[
        str,
        described("where `http` posts codes", form="`https://host/path`, or the same with `http://`", pattern=URL),
    ] = ""
    code_sender_key: Annotated[str, described("key that signs what `http` posts", form="any text")] = ""
    code_sender_s_max: Annotated[float, described("longest wait for who sends codes", gt=0, le=60)] = 8.0
    tencent_secret_id: Annotated[
        str, described("SecretId of the key to Tencent Cloud, of a user who may send SMS alone")
    ] = ""
    tencent_secret_key: Annotated[str, described("its SecretKey; never logged")] = ""
    tencent_sms_app_id: Annotated[
        str, described("SdkAppId of the application in Tencent's SMS", form="digits", pattern=r"^[0-9]{0,20}$")
    ] = ""
    tencent_sms_sign_name: Annotated[
        str, described("approved signature: who writes, as it stands before the text, without brackets")
    ] = ""
    tencent_sms_sign_name_abroad: Annotated[
        str, described("the same for numbers outside mainland China; empty: none")
    ] = ""
    tencent_sms_templates: Annotated[
        str,
        described(
            "approved template for each purpose; `_abroad`: for numbers outside mainland China",
            form="e.g. `sign_in=1110,add_phone=1111,sign_in_abroad=2220,add_phone_abroad=2221`",
            pattern=rf"^({_TEMPLATE}(,{_TEMPLATE})*)?$",
        ),
    ] = ""
    tencent_sms_params: Annotated[
        Literal["code", "code,minutes", "minutes,code"],
        described("what the templates' {1} and {2} stand for; minutes: how long a code is good"),
    ] = "code"
    tencent_sms_region: Annotated[
        str, described("Tencent's region", form="e.g. `ap-guangzhou`", pattern=r"^[a-z0-9-]+$")
    ] = "ap-guangzhou"
    tencent_sms_url: Annotated[
        str, described("Tencent's server", form="`https://host`", pattern=r"^https?://[^/?#\s]+/?$")
    ] = "https://sms.tencentcloudapi.com"
    code_s: Annotated[int, described("how long a code is good", ge=30, le=1_800)] = 300
    code_resend_s: Annotated[int, described("pause before another code is sent to a phone", ge=0, le=1_800)] = 60
    codes_per_phone_hour_max: Annotated[int, described("codes sent to one phone in an hour", ge=1)] = 5
    codes_per_phone_day_max: Annotated[int, described("codes sent to one phone in a day", ge=1)] = 10
    codes_per_phone_area_hour_max: Annotated[
        int,
        described(
            "codes of one phone that an area (IPv4 /24, IPv6 /48) asks for in an hour and does not use; "
            "always fewer than LIVEHUB_CODES_PER_PHONE_HOUR_MAX",
            ge=1,
        ),
    ] = 4
    codes_per_phone_area_day_max: Annotated[
        int, described("the same in a day; always fewer than LIVEHUB_CODES_PER_PHONE_DAY_MAX", ge=1)
    ] = 7
    codes_unused_without_proof_max: Annotated[
        int, described("codes of one phone in a day that nobody used before each needs a proof of work", ge=0)
    ] = 2
    codes_per_network_hour_max: Annotated[
        int, described("codes one IPv4 /24 or IPv6 /48 asks for in an hour", ge=1)
    ] = 200
    codes_without_proof_max: Annotated[
        int,
        described(
            "codes one IPv4 /24 or IPv6 /48 asks for in an hour before each needs a proof of work; so does any above half of "
            "the shop's",
            ge=0,
        ),
    ] = 30
    codes_per_hour_max: Annotated[
        int, described("codes of the whole shop in an hour; at the bound an alarm is logged", ge=1)
    ] = 2_000
    codes_kept_s: Annotated[int, described("how long codes that were sent are kept", ge=86_400)] = 172_800
    sessions_kept_s: Annotated[
        int, described("how long sessions that are over are kept", ge=86_400, le=315_360_000)
    ] = 7_776_000
    names_kept_s: Annotated[
        int,
        described(
            "how long somebody by name alone, who left nothing else, is kept after they were last here",
            ge=86_400,
            le=315_360_000,
        ),
    ] = 15_552_000
    oidc_issuer: Annotated[
        str,
        described(
            "OpenID provider that staff sign in at; empty: none",
            form="`https://host/path`, as the provider writes it",
            pattern=URL,
        ),
    ] = ""
    oidc_client_id: Annotated[str, described("who we are to the provider")] = ""
    oidc_client_secret: Annotated[str, described("our secret there; empty: a public client")] = ""
    oidc_scopes: Annotated[str, described("what we ask the provider for", form="words, `openid` among them")] = (
        "openid profile"
    )
    oidc_role_claim: Annotated[
        str,
        described("claim that says what somebody is here; of nested ones with dots", form="e.g. `realm_access.roles`"),
    ] = "roles"
    oidc_roles: Annotated[
        str,
        described(
            "which values of the claim give which role; who has none of them is refused",
            form="`value=role` with commas between, e.g. `shop-ops=ops,farm=host`",
            pattern=r"^\s*([^=,]+=\s*[a-z]+\s*(,[^=,]+=\s*[a-z]+\s*)*)?$",
        ),
    ] = ""
    oidc_algorithms: Annotated[
        str,
        described(
            "signatures that an ID token may have",
            form="names of JWA, e.g. `RS256,ES256`",
            pattern=r"^(RS|PS|ES)(256|384|512)(,(RS|PS|ES)(256|384|512))*$",
        ),
    ] = "RS256,PS256,ES256"
    oidc_auth_time: Annotated[
        Literal["required", "assumed"],
        described(
            "an ID token without `auth_time`: makes no fresh sign-in, or is taken to be of a provider that asked just now, for "
            "one that always asks"
        ),
    ] = "required"
    oidc_s_max: Annotated[float, described("longest wait for an answer of the provider", gt=0, le=60)] = 8.0
    sign_in_elsewhere_s: Annotated[
        int, described("how long a person may take at the provider, or with their passkey", ge=60, le=3_600)
    ] = 600
    passkey_site_name: Annotated[
        str, described("what a browser calls us when it asks for a passkey; empty: the host")
    ] = ""
    wechat_mini_app_id: Annotated[str, described("AppID of the mini-program; empty: none")] = ""
    wechat_mini_secret: Annotated[str, described("its AppSecret")] = ""
    wechat_official_app_id: Annotated[
        str, described("AppID of the official account by which pages inside WeChat sign in; empty: none")
    ] = ""
    wechat_official_secret: Annotated[str, described("its AppSecret")] = ""
    wechat_scope: Annotated[
        Literal["snsapi_base", "snsapi_userinfo"],
        described("what pages inside WeChat ask for; the second asks the person, and tells the unionid"),
    ] = "snsapi_base"
    wechat_url: Annotated[str, described("WeChat's server", form="`https://host`", pattern=URL)] = (
        "https://api.weixin.qq.com"
    )
    wechat_authorize_url: Annotated[
        str, described("where WeChat's browser is sent", form="`https://host/path`", pattern=URL)
    ] = "https://open.weixin.qq.com/connect/oauth2/authorize"
    wechat_s_max: Annotated[float, described("longest wait for WeChat's server", gt=0, le=60)] = 8.0

    def sms_templates(self) -> dict[str, str]:
        """Tencent's id of each template, by purpose, or purpose and `_abroad`."""
        return dict(pair.split("=") for pair in self.tencent_sms_templates.split(",") if pair)

    def faults(self) -> list[str]:
        """What is missing for the way by which codes are sent."""
        needed = {
            "http": ("code_sender_url", "code_sender_key"),
            "tencent": ("tencent_secret_id", "tencent_secret_key", "tencent_sms_app_id", "tencent_sms_sign_name"),
        }
        missing = [
            f"{variable(name)}: is needed where {variable('code_sender')} is {self.code_sender}"
            for name in needed.get(self.code_sender, ())
            if not getattr(self, name)
        ]
        if self.code_sender == "tencent":
            regions = {region.strip().upper() for region in self.phone_regions.split(",")}
            kinds = [*([""] if "CN" in regions else []), *(["_abroad"] if regions - {"CN"} else [])]
            lacking = {f"{purpose}{kind}" for purpose in CODE_PURPOSES for kind in kinds} - set(self.sms_templates())
            if lacking:
                told = ", ".join(sorted(lacking))
                missing.append(f"{variable('tencent_sms_templates')}: lacks {told}, for {variable('phone_regions')}")
        return missing
