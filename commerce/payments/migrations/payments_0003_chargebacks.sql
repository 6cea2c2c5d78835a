-- What the buyer's bank has taken back of it by disputes, less what it gave back of those that were won; below 0 while a won one was
-- heard of before it was begun. What was taken in another currency counts as all of the payment.
ALTER TABLE payments ADD COLUMN charged_back_minor bigint NOT NULL DEFAULT 0;
UPDATE payments p SET charged_back_minor = f.back_minor FROM (
    SELECT q.id, sum(CASE WHEN f.currency = q.currency THEN f.amount_minor ELSE q.amount_minor END) AS back_minor
    FROM payment_findings f JOIN payments q ON q.id = f.payment WHERE f.kind = 'chargeback' GROUP BY q.id
) AS f WHERE f.id = p.id;
