-- Of an invoice that was issued: what red-letter invoices (红字发票) have taken back, and the number of the last of them.
ALTER TABLE fapiao ADD COLUMN reversed_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE fapiao ADD COLUMN reversal_number text;
ALTER TABLE fapiao ADD CONSTRAINT fapiao_reversed CHECK (
    reversed_minor BETWEEN 0 AND amount_minor AND (reversed_minor > 0) = (reversal_number IS NOT NULL)
    AND (reversed_minor = 0 OR state = 'issued')
);
