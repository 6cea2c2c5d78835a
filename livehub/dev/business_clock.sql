-- The one row of business_clock (migration 0012).

-- name: begin
-- Business time is real time until somebody moves it. $1 now, real time, Unix seconds
INSERT INTO business_clock (real_s, business_s, rate) VALUES ($1, $1, 1) ON CONFLICT (is_only) DO NOTHING;

-- name: timeline
SELECT version, real_s, business_s, rate FROM business_clock;

-- name: timeline_for_update
-- Waits for those who are deferring a job by it, and keeps others from it until the jobs are moved, too.
SELECT version, real_s, business_s, rate FROM business_clock FOR UPDATE;

-- name: move
-- $1 real_s, $2 business_s, $3 rate
UPDATE business_clock SET version = version + 1, real_s = $1, business_s = $2, rate = $3 RETURNING version;
