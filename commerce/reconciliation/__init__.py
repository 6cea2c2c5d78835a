"""Whether orders, ledger, stock engine and payment providers agree, and where they do not."""
