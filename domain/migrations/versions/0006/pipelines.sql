-- What a run's assets hang on, so that a screen can say what waits for a failed one.
alter table ops.pipeline_assets add column parents text[] not null default '{}';

-- A build that was asked for: by a person with a reason, or by the start of an instance that has no figures.
create table ops.build_requests (
    id uuid primary key,
    reason text not null check (length(reason) between 3 and 500),
    asked_by uuid,
    asked_at timestamptz not null,
    state text not null check (state in ('waiting', 'sent', 'running', 'ended', 'given_up')),
    sent_to text check (sent_to in ('dagster', 'worker')),
    sent_at timestamptz,
    tries integer not null default 0 check (tries >= 0),
    run_id uuid references ops.pipeline_runs (id),
    problem text,
    check ((state = 'running') <= (run_id is not null)),
    check ((sent_at is null) = (sent_to is null))
);
-- Two people who ask at once get one build.
create unique index build_requests_open_idx on ops.build_requests ((true)) where state in ('waiting', 'sent', 'running');
create index build_requests_asked_at_idx on ops.build_requests (asked_at desc);
create index build_requests_run_id_idx on ops.build_requests (run_id);

-- Rows that a check found wrong, of the last runs; json keeps the order of their columns.
create table ops.failing_rows (
    run_id uuid not null references ops.pipeline_runs (id),
    check_name text not null,
    position integer not null,
    facts json not null,
    primary key (run_id, check_name, position)
);

-- The last run of each recurring job of the worker and of the command line.
create table ops.job_runs (
    name text primary key,
    last_run_at timestamptz not null,
    last_success_at timestamptz,
    problem text
);

-- Each look at the invariants, with those that were broken.
create table ops.invariant_checks (
    id uuid primary key,
    checked_at timestamptz not null,
    checked_by uuid,
    broken jsonb not null
);
create index invariant_checks_checked_at_idx on ops.invariant_checks (checked_at desc);
