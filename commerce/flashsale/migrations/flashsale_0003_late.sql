-- The key of what is taken for late money begins so (commerce/orders/stock.py), the payment's id follows. Whoever asks about a payment
-- does not know whose id the hold has: that person may have become another since.
CREATE INDEX stock_holds_late ON stock_holds (key) WHERE state = 3 AND starts_with(key, 'late:');
