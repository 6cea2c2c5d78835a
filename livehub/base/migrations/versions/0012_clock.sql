-- In `demo` alone: how business time follows from real time (livehub/base/clock.py). One row, the same for all processes;
-- `version` grows with each change.
CREATE TABLE business_clock (
    is_only     boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version     bigint NOT NULL DEFAULT 1,
    real_s      double precision NOT NULL,
    business_s  double precision NOT NULL,
    rate        double precision NOT NULL CHECK (rate >= 1)
);

-- In `demo` alone: for which moment of business time a job was deferred, so that it is moved with it. No foreign key: whoever
-- deletes jobs elsewhere should not pay for it.
CREATE TABLE job_moments (
    job     bigint PRIMARY KEY,
    moment  timestamptz NOT NULL
);
