-- Wishes to send something to an address; the worker sends, and writes down what became of it.
create table outgoing_emails (
    id uuid not null,
    cause text not null,
    kind text not null,
    recipient text not null,
    org_id uuid,
    person_id uuid,
    facts jsonb not null,
    state text default 'waiting' not null,
    tries bigint default 0 not null,
    next_try_at timestamp with time zone not null,
    problem text,
    sent_at timestamp with time zone,
    created_at timestamp with time zone not null,
    constraint outgoing_emails_pkey primary key (id),
    constraint outgoing_emails_cause_kind_recipient_key unique (cause, kind, recipient),
    constraint outgoing_emails_state_check check (state in ('waiting', 'sent', 'failed', 'dropped')),
    constraint outgoing_emails_sent_check check ((state = 'sent') = (sent_at is not null)),
    constraint outgoing_emails_org_id_fkey foreign key (org_id) references organizations (id),
    constraint outgoing_emails_person_id_fkey foreign key (person_id) references people (id)
);
create index outgoing_emails_waiting_idx on outgoing_emails (next_try_at) where state = 'waiting';
create index outgoing_emails_created_at_idx on outgoing_emails (created_at);

create table outgoing_texts (
    id uuid not null,
    cause text not null,
    kind text not null,
    recipient text not null,
    org_id uuid,
    person_id uuid,
    facts jsonb not null,
    state text default 'waiting' not null,
    tries bigint default 0 not null,
    next_try_at timestamp with time zone not null,
    problem text,
    sent_at timestamp with time zone,
    created_at timestamp with time zone not null,
    constraint outgoing_texts_pkey primary key (id),
    constraint outgoing_texts_cause_kind_recipient_key unique (cause, kind, recipient),
    constraint outgoing_texts_state_check check (state in ('waiting', 'sent', 'failed', 'dropped')),
    constraint outgoing_texts_sent_check check ((state = 'sent') = (sent_at is not null)),
    constraint outgoing_texts_org_id_fkey foreign key (org_id) references organizations (id),
    constraint outgoing_texts_person_id_fkey foreign key (person_id) references people (id)
);
create index outgoing_texts_waiting_idx on outgoing_texts (next_try_at) where state = 'waiting';
create index outgoing_texts_created_at_idx on outgoing_texts (created_at);

-- A notice may be for one person alone, and is read by each person for himself.
alter table notices add column person_id uuid;
alter table notices add column mailed_at timestamp with time zone;
alter table notices add constraint notices_id_org_id_key unique (id, org_id);
alter table notices add constraint notices_person_id_fkey foreign key (person_id) references people (id);

create table notice_reads (
    notice_id uuid not null,
    person_id uuid not null,
    org_id uuid not null,
    read_at timestamp with time zone not null,
    constraint notice_reads_pkey primary key (notice_id, person_id),
    constraint notice_reads_notice_id_org_id_fkey foreign key (notice_id, org_id) references notices (id, org_id),
    constraint notice_reads_person_id_fkey foreign key (person_id) references people (id)
);
create index notice_reads_person_id_idx on notice_reads (person_id);

-- What one of the organisation had read counted as read for all of it, and nobody gets it back as new.
insert into notice_reads (notice_id, person_id, org_id, read_at)
select n.id, m.person_id, n.org_id, n.read_at from notices n join memberships m on m.org_id = n.org_id
where n.read_at is not null;
-- Nobody is written to about what happened before there were letters.
update notices set mailed_at = created_at;
alter table notices drop column read_at, drop column read_by;
create index notices_unmailed_idx on notices (created_at) where mailed_at is null;

create table notice_preferences (
    person_id uuid not null,
    topic text not null,
    email text not null,
    changed_at timestamp with time zone not null,
    constraint notice_preferences_pkey primary key (person_id, topic),
    constraint notice_preferences_email_check check (email in ('now', 'daily', 'off')),
    constraint notice_preferences_person_id_fkey foreign key (person_id) references people (id)
);

-- A notice that a person wants in the daily letter, and the letter that it went into.
create table digest_items (
    notice_id uuid not null,
    person_id uuid not null,
    org_id uuid not null,
    email_id uuid,
    constraint digest_items_pkey primary key (notice_id, person_id),
    constraint digest_items_notice_id_org_id_fkey foreign key (notice_id, org_id) references notices (id, org_id),
    constraint digest_items_person_id_fkey foreign key (person_id) references people (id),
    constraint digest_items_email_id_fkey foreign key (email_id) references outgoing_emails (id)
);
create index digest_items_waiting_idx on digest_items (person_id) where email_id is null;

create table suspensions (
    id uuid not null,
    org_id uuid not null,
    state text not null,
    reason text not null,
    until timestamp with time zone,
    proposed_by uuid,
    proposed_at timestamp with time zone not null,
    decided_by uuid,
    decided_at timestamp with time zone,
    decision_note text,
    lifted_by uuid,
    lifted_at timestamp with time zone,
    lift_note text,
    appeal text,
    appealed_by uuid,
    appealed_at timestamp with time zone,
    appeal_state text,
    appeal_decided_by uuid,
    appeal_decided_at timestamp with time zone,
    appeal_answer text,
    constraint suspensions_pkey primary key (id),
    constraint suspensions_state_check check (state in ('proposed', 'declined', 'active', 'lifted')),
    constraint suspensions_appeal_state_check check (appeal_state in ('open', 'granted', 'refused')),
    constraint suspensions_decided_check check ((state = 'proposed') = (decided_at is null)),
    constraint suspensions_lifted_check check ((state = 'lifted') = (lifted_at is not null)),
    constraint suspensions_appealed_check check ((appeal_state is null) = (appealed_at is null)),
    -- Nobody decides on an appeal against his own decision.
    constraint suspensions_other_eyes_check check (
        appeal_decided_by is null or appeal_decided_by not in (decided_by, proposed_by)),
    constraint suspensions_org_id_fkey foreign key (org_id) references organizations (id)
);
create unique index suspensions_open_idx on suspensions (org_id) where state in ('proposed', 'active');
create index suspensions_org_id_proposed_at_idx on suspensions (org_id, proposed_at);

insert into state_moves (machine, from_state, to_state) values
    ('suspension', 'proposed', 'active'), ('suspension', 'proposed', 'declined'), ('suspension', 'active', 'lifted');

create table org_holidays (
    org_id uuid not null,
    closed_on date not null,
    name text not null,
    constraint org_holidays_pkey primary key (org_id, closed_on),
    constraint org_holidays_name_check check (length(name) between 1 and 80),
    constraint org_holidays_org_id_fkey foreign key (org_id) references organizations (id)
);
