"""GS1 identifiers: check digits, Digital Link URIs."""
