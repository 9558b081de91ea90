-- Postal codes by their beginning, in the order of their bytes in every locale.
create type postal_codes as range (subtype = text, collation = "C");

create table regions (
    id uuid not null,
    name text not null,
    parent_id uuid,
    created_at timestamp with time zone not null,
    constraint regions_pkey primary key (id),
    constraint regions_name_key unique (name),
    constraint regions_parent_id_fkey foreign key (parent_id) references regions (id),
    constraint regions_parent_check check (parent_id <> id)
);
create index regions_parent_id_idx on regions (parent_id);

create table region_areas (
    id uuid not null,
    region_id uuid not null,
    country_code text not null,
    first text not null,
    last text not null,
    valid_from date not null,
    valid_to date,
    created_at timestamp with time zone not null,
    constraint region_areas_pkey primary key (id),
    constraint region_areas_region_id_fkey foreign key (region_id) references regions (id),
    constraint region_areas_postal_codes_check check (length(first) = length(last) and (first collate "C") <= last),
    constraint region_areas_plain_codes_check check (first ~ '^[A-Z0-9]*$' and last ~ '^[A-Z0-9]*$'),
    constraint region_areas_country_code_check check (country_code ~ '^[A-Z]{2}$'),
    constraint region_areas_days_check check (valid_to >= valid_from),
    constraint region_areas_one_region exclude using gist (
        country_code with =, length(first) with =, postal_codes(first, last, '[]') with &&,
        daterange(valid_from, valid_to) with &&)
);
create index region_areas_region_id_idx on region_areas (region_id);

create table territory_assignments (
    id uuid not null,
    region_id uuid not null,
    distributor_id uuid not null,
    mode text not null,
    is_exclusive boolean not null,
    valid_from date not null,
    valid_to date,
    assigned_by uuid,
    created_at timestamp with time zone not null,
    ended_by uuid,
    ended_at timestamp with time zone,
    constraint territory_assignments_pkey primary key (id),
    constraint territory_assignments_region_id_fkey foreign key (region_id) references regions (id),
    constraint territory_assignments_distributor_id_fkey foreign key (distributor_id) references organizations (id),
    constraint territory_assignments_mode_check check (mode in ('agency', 'resale')),
    constraint territory_assignments_days_check check (valid_to >= valid_from),
    constraint territory_assignments_alone exclude using gist (
        region_id with =, daterange(valid_from, valid_to) with &&) where (is_exclusive),
    constraint territory_assignments_alone_or_shared exclude using gist (
        region_id with =, (is_exclusive::integer) with <>, daterange(valid_from, valid_to) with &&),
    constraint territory_assignments_once exclude using gist (
        region_id with =, distributor_id with =, daterange(valid_from, valid_to) with &&)
);
create index territory_assignments_distributor_id_idx on territory_assignments (distributor_id);

-- The region of a postal code on a day: of the areas that hold it, the one with the longest beginning.
create function region_of(p_country text, p_postal_code text, p_on date) returns uuid
    stable language sql as $$
    select a.region_id
    from region_areas a
    cross join (select upper(regexp_replace(coalesce(p_postal_code, ''), '[^A-Za-z0-9]', '', 'g')) as code) as asked
    where a.country_code = upper(p_country) and p_on >= a.valid_from and (a.valid_to is null or p_on < a.valid_to)
      and postal_codes(a.first, a.last, '[]') @> left(asked.code, length(a.first))
      and length(asked.code) >= length(a.first)
    order by length(a.first) desc
    limit 1
$$;
