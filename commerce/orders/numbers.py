"""Numbers of orders, for people: twelve digits of chance, the first no 0, so that nobody can count orders or guess one."""

import secrets

LEAST, HOW_MANY = 10**11, 9 * 10**11


def new_number() -> str:
    """One that is taken once in a million orders, which the table refuses."""
    return str(LEAST + secrets.randbelow(HOW_MANY))
