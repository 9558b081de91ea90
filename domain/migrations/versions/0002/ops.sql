-- One run of the pipeline: which slot it filled, as of when it read the market, and how it ended.
create table ops.pipeline_runs (
    id uuid primary key,
    started_by text not null,
    slot text not null check (slot in ('blue', 'green')),
    as_of timestamptz not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    status text not null check (status in ('running', 'succeeded', 'failed', 'blocked', 'abandoned')),
    problem text
);
create index pipeline_runs_started_at_idx on ops.pipeline_runs (started_at desc);

-- One line per asset or check of a run.
create table ops.pipeline_assets (
    run_id uuid not null references ops.pipeline_runs (id),
    position integer not null,
    name text not null,
    kind text not null check (kind in ('gate', 'model', 'test', 'publish')),
    status text not null check (status in ('ok', 'failed', 'skipped')),
    row_count bigint,
    seconds numeric(12, 3) not null,
    message text,
    primary key (run_id, position)
);

-- One validation of a batch by a suite of expectations.
create table ops.quality_results (
    id uuid primary key,
    run_id uuid references ops.pipeline_runs (id),
    suite text not null,
    checked_at timestamptz not null,
    row_count bigint not null,
    is_passed boolean not null,
    result jsonb not null
);
create index quality_results_checked_at_idx on ops.quality_results (checked_at desc);

-- What readers see: one row per repointing of the views, the newest counts.
create table ops.publications (
    run_id uuid primary key references ops.pipeline_runs (id),
    slot text not null,
    as_of timestamptz not null,
    published_at timestamptz not null
);
create index publications_published_at_idx on ops.publications (published_at desc);
