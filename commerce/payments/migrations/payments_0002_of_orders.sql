CREATE INDEX payment_findings_order ON payment_findings (order_id, found_ms) WHERE order_id IS NOT NULL;
