-- name: names_of_staff
-- Of all with a role, but of one person. A shop has tens of them.
-- $1 this person may be called so, $2 a name that stands for none
SELECT name FROM people WHERE role <> 'viewer' AND id <> $1 AND name <> $2 AND erased_ts IS NULL LIMIT 1000;
