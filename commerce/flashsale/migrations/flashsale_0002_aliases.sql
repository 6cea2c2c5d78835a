CREATE INDEX stock_aliases_whom ON stock_aliases (whom);
