-- name: ranked_choices
-- Ids are compared as Python compares them: by code point.
-- $1 quiz, $2 the right choice integer, $3 how many
SELECT user_id, name, choice, value, ts FROM quiz_answers WHERE quiz = $1 AND choice = $2::integer
ORDER BY ts, user_id COLLATE "C" LIMIT $3;

-- name: choice_counts
-- $1 quiz
SELECT coalesce(choice, 0) AS choice, count(*) AS count FROM quiz_answers WHERE quiz = $1 GROUP BY 1;

-- name: ranked_values
-- As decimals, which doubles of up to 15 digits become exactly again.
-- $1 quiz, $2 the right value double precision, $3 how many
SELECT user_id, name, choice, value, ts FROM quiz_answers WHERE quiz = $1
ORDER BY abs(coalesce(value, 0)::numeric - $2::double precision::numeric), ts, user_id COLLATE "C" LIMIT $3;

-- name: value_range
-- The range of the middle 98 % of values.
-- $1 quiz
WITH v AS MATERIALIZED (SELECT coalesce(value, 0) AS value FROM quiz_answers WHERE quiz = $1),
     n AS (SELECT count(*) AS answers FROM v)
SELECT answers,
       (SELECT value FROM v ORDER BY value OFFSET n.answers / 100 LIMIT 1) AS low,
       (SELECT value FROM v ORDER BY value DESC OFFSET n.answers / 100 LIMIT 1) AS high
FROM n;

-- name: bucket_counts
-- How many values lie at or above how many of the edges.
-- $1 quiz, $2 edges double precision[], ascending
SELECT width_bucket(coalesce(value, 0), $2::double precision[]) AS edges, count(*) AS count
FROM quiz_answers WHERE quiz = $1 GROUP BY 1;
