"""The codes that processes without the kernel go by are the kernel's."""

from commerce.flashsale import codes, kernel


def test_every_code_is_the_kernels() -> None:
    names = [name for name in vars(codes) if name.isupper()]
    assert len(names) == 13
    assert {name: getattr(codes, name) for name in names} == {name: getattr(kernel, name) for name in names}
