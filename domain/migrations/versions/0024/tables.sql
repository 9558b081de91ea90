-- A file of products or prices as it was checked, and what came of it.
create table catalog_uploads (
    id uuid not null,
    org_id uuid not null,
    file_name text not null,
    file_sha256 text not null,
    file_bytes bigint not null,
    layout jsonb not null,
    currency text not null,
    state text not null,
    mode text,
    rows_new bigint not null,
    rows_changed bigint not null,
    rows_unchanged bigint not null,
    rows_bad bigint not null,
    rows_flagged bigint not null,
    rows_done bigint default 0 not null,
    through_line bigint default 0 not null, -- as far as it has come in
    notes text[] not null,
    problem text,
    checked_by uuid,
    checked_at timestamp with time zone not null,
    started_by uuid,
    started_at timestamp with time zone,
    heartbeat_at timestamp with time zone,
    ended_at timestamp with time zone,
    undone_by uuid,
    undone_at timestamp with time zone,
    constraint catalog_uploads_pkey primary key (id),
    constraint catalog_uploads_id_org_id_key unique (id, org_id),
    constraint catalog_uploads_org_id_fkey foreign key (org_id) references organizations (id),
    constraint catalog_uploads_state_check
        check (state in ('checked', 'waiting', 'running', 'done', 'failed', 'undone')),
    constraint catalog_uploads_mode_check check (mode in ('all', 'good')),
    constraint catalog_uploads_mode_chosen_check check ((state = 'checked') = (mode is null)),
    constraint catalog_uploads_rows_done_check check (rows_done between 0 and rows_new + rows_changed),
    constraint catalog_uploads_whole_check check (mode is distinct from 'all' or rows_bad = 0)
);
create index catalog_uploads_org_id_idx on catalog_uploads (org_id, checked_at);
create index catalog_uploads_open_idx on catalog_uploads (checked_at) where state in ('waiting', 'running');

-- Of a rejected row the cells as they stand in the file, so that it can be mended; of the others what they say and,
-- once they are in, what was there before. That is written beside the row, in the room that its page keeps, and no
-- index hears of it: none may name what changes when a row comes in.
create table catalog_upload_rows (
    upload_id uuid not null,
    line bigint not null,
    org_id uuid not null,
    kind text not null,
    state text default 'waiting' not null,
    sku text,
    article jsonb,
    changes text[] default '{}'::text[] not null,
    price_change numeric,
    is_flagged boolean default false not null,
    why text,
    cells text[],
    offer_id uuid,
    version bigint,
    before jsonb,
    constraint catalog_upload_rows_pkey primary key (upload_id, line),
    constraint catalog_upload_rows_upload_id_org_id_fkey
        foreign key (upload_id, org_id) references catalog_uploads (id, org_id),
    constraint catalog_upload_rows_kind_check check (kind in ('new', 'changed', 'unchanged', 'bad')),
    constraint catalog_upload_rows_state_check check (state in ('waiting', 'done', 'undone', 'kept')),
    constraint catalog_upload_rows_why_check check ((kind = 'bad') = (why is not null)),
    constraint catalog_upload_rows_offer_id_check check (state = 'waiting' or offer_id is not null)
) with (fillfactor = 45);
create index catalog_upload_rows_kind_idx on catalog_upload_rows (upload_id, kind, line) where kind <> 'new';

insert into state_moves (machine, from_state, to_state) values
    ('catalog_upload', 'checked', 'waiting'),
    ('catalog_upload', 'waiting', 'running'),
    ('catalog_upload', 'waiting', 'failed'),
    ('catalog_upload', 'running', 'done'),
    ('catalog_upload', 'running', 'failed'),
    ('catalog_upload', 'done', 'undone'),
    ('catalog_upload', 'failed', 'undone');
