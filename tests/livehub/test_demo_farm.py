"""The demo keeps the shop's own rules: what its products claim is proven by a certificate, of which there is a picture."""

from pathlib import Path

import pytest

from commerce.catalogue.claims import claims_in, flags_in, texts_of
from commerce.catalogue.schemas import Product
from livehub.commands.demo_farm import PRODUCTS, PROOFS

PICTURES = Path(__file__).parents[2] / "web/public/demo"


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.id)
def test_what_a_product_of_the_demo_claims_is_proven(product: Product) -> None:
    texts = texts_of(title=product.title, titles=product.titles, subtitle=product.subtitle, subtitles=product.subtitles)
    proven = {PROOFS[product.id][0]} if product.id in PROOFS else set()
    assert {claim.kind for claim in claims_in(texts)} == proven
    assert flags_in(texts) == []


def test_each_certificate_has_a_picture_that_says_it_is_an_example() -> None:
    for kind, number in PROOFS.values():
        drawn = (PICTURES / f"certificate-{kind}.svg").read_text()
        assert number in drawn
        assert "示例" in drawn
