"""Blocked people: who may not sign in any more, by person, phone number or device."""
