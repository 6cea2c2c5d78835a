"""Every form in which EPCIS names a GS1 key leads to one canonical Digital Link."""

import pytest

from trace.gs1.epc_urns import canonical_link


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("urn:epc:id:sgtin:4012345.011111.9876", "/01/04012345111118/21/9876"),
        (
            "urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()",
            "/01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29",
        ),
        ("urn:epc:id:sscc:4012345.3111111111", "/00/340123451111111111"),  # T2
        ("urn:epc:id:sgln:4012345.00005.0", "/414/4012345000054"),  # T4
        ("urn:epc:id:sgln:4012345.00005.122", "/414/4012345000054/254/122"),  # T4
        ("urn:epc:id:grai:4012345.00022.334455", "/8003/04012345000221334455"),
        ("urn:epc:id:giai:4012345.ABC345", "/8004/4012345ABC345"),
        ("urn:epc:id:gsrn:4012345.0000006765", "/8018/401234500000067657"),
        ("urn:epc:id:gsrnp:4012345.0000000007", "/8017/401234500000000074"),
        ("urn:epc:id:gdti:987659999999..9", "/253/98765999999929"),
        ("urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234", "/8010/061414111111111111111-A%23%2F/8011/1234"),
        ("urn:epc:id:ginc:0614141.xyz47%2F11", "/401/0614141xyz47%2F11"),
        ("urn:epc:id:gsin:4012345.222333444", "/402/40123452223334442"),
        ("urn:epc:id:itip:4012345.011111.01.02.987", "/8006/040123451111180102/21/987"),
        (
            "urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7'SDB",
            "/01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7'SDB",
        ),
        ("urn:epc:id:pgln:999999999999.", "/417/9999999999994"),
        ("urn:epc:class:lgtin:4012345.012345.Lot987", "/01/04012345123456/10/Lot987"),
        ("urn:epc:idpat:sgtin:4012345.011111.*", "/01/04012345111118"),
        ("urn:epc:idpat:cpi:4012345.ABC.*", "/8010/4012345ABC"),
        # T5: another domain, a query, coarser keys, the convenience form
        ("https://shop.example/a/gtin/9780345418913/ser/765tz?abc=211121", "/01/09780345418913/21/765tz"),
        ("HTTPS://SHOP.EXAMPLE/01/00614141123452/22/2A/10/L1/21/S9", "/01/00614141123452/21/S9"),
        ("https://shop.example/01/00614141123452/22/2A/10/L1/", "/01/00614141123452/10/L1"),
    ],
)
def test_a_key_has_one_link(uri: str, path: str) -> None:
    assert canonical_link(uri) == f"https://id.gs1.org{path}"


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:id:sgtin:4012345.11111.9876",  # 12 digits
        "urn:epc:id:sgtin:40123.01111111.9876",  # no company prefix has five
        "urn:epc:id:sscc:4012345.31111111111",
        "urn:epc:id:nothing:1",
        "http://transaction.acme.com/po/12345678",
        "https://id.gs1.org/21/2018/01/70614141123451",  # T32: never of the serial 2018
        "https://id.gs1.org/01/123",
        "urn:uuid:7d4b5c1e-6c2b-4b53-8d1c-1f2f3f4f5f6f",
        "https://id.gs1.org/01/" + "0" * 2_000,
    ],
)
def test_what_is_no_key_has_none(uri: str) -> None:
    assert canonical_link(uri) is None
