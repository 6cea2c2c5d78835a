-- What sales keep of people: which of the staff did it.

-- name: sales_by
-- $1 person
SELECT jsonb_build_object(
    'sale', id, 'room', room, 'product', product, 'made_by_you', created_by = $1, 'opened_by_you', opened_by IS NOT DISTINCT FROM $1,
    'closed_by_you', closed_by IS NOT DISTINCT FROM $1, 'made_at', to_timestamp(created_ms / 1000.0)
)
FROM sales WHERE $1 IN (created_by, opened_by, closed_by) ORDER BY created_ms, id;

-- name: stock_changes_by
-- $1 person
SELECT jsonb_build_object('product', product, 'units', delta, 'reason', reason, 'at', to_timestamp(changed_ms / 1000.0))
FROM stock_changes WHERE changed_by = $1 ORDER BY changed_ms, key;
