-- What readers may ask: one row per metric, compiled by the build that readers see. `sql` is for people, `plan`
-- for the query path, `rows_sql` finds what stands behind a value, by source. A metric that is not collected has no SQL.
create table ops.metric_registry (
    name text primary key,
    position integer not null unique,
    label text not null,
    group_name text not null,
    definition text not null,
    formula text not null,
    owner text not null,
    good text not null check (good in ('up', 'down', 'neutral')),
    grain text not null,
    unit text not null check (unit in ('money', 'count', 'share', 'number', 'rating', 'days')),
    dimensions text[] not null,
    is_additive boolean not null,
    version integer not null check (version > 0),
    sources text[] not null,
    sql text not null,
    rows_sql jsonb,
    plan jsonb,
    is_staff_only boolean not null,
    not_collected text,
    run_id uuid not null references ops.pipeline_runs (id),
    check ((not_collected is null) = (plan is not null))
);

-- The statements that answer: values of all metrics of one source, members of a dimension, cohorts.
create table ops.metric_statements (
    name text primary key,
    kind text not null check (kind in ('values', 'members', 'cohorts')),
    sql text not null,
    run_id uuid not null references ops.pipeline_runs (id)
);
