"""After-sales cases, which people decide, and requests for invoices (fapiao)."""
