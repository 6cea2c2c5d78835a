"""What peers are told of STUN and TURN servers; credentials that are lent are those that coturn makes of the same secret."""

from media.rtc.ice_servers import links_of

NOW_S = 1_800_000_000.0


def links(entries: str, secret: str = "") -> str:
    return links_of(entries, secret=secret, ttl_s=3_600, now_s=NOW_S)


def test_servers_are_told_with_the_credentials_that_they_have() -> None:
    assert links("stun:a.example") == '<stun:a.example>; rel="ice-server"'
    assert links("stun:a:1, turn:b:2?transport=tcp user pass") == (
        '<stun:a:1>; rel="ice-server", <turn:b:2?transport=tcp>; rel="ice-server"; '
        'username="user"; credential="pass"; credential-type="password"'
    )
    assert links("") == links(" , ") == ""


def test_a_quote_in_a_password_does_not_end_the_header() -> None:
    assert 'credential="pass"' in links('turn:b user pa"ss')


def test_credentials_are_lent_where_none_are_given_and_a_secret_is_shared() -> None:
    told = links("stun:a, turn:b, turns:c:443 own word", "farm secret")
    # printf 1800003600 | openssl dgst -sha1 -hmac "farm secret" -binary | base64
    lent = 'username="1800003600"; credential="dPVXz92sOcduR4AA1NEQjAgzjyI="; credential-type="password"'
    assert told == (
        f'<stun:a>; rel="ice-server", <turn:b>; rel="ice-server"; {lent}, '
        '<turns:c:443>; rel="ice-server"; username="own"; credential="word"; credential-type="password"'
    )
    assert "farm secret" not in told
