CREATE INDEX CONCURRENTLY IF NOT EXISTS order_lines_batch ON order_lines (batch) WHERE batch IS NOT NULL;
