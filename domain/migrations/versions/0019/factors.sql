alter table links drop constraint links_purpose_check,
    add constraint links_purpose_check check (purpose in ('password_reset', 'email_confirmation', 'email_change_old',
        'email_change_new', 'invitation', 'registration', 'sign_on', 'domain_confirmation', 'factor_loss',
        'new_browser'));
create index links_expires_at_idx on links (expires_at);

-- Somebody has lost the second factor: who decides about it, when it goes, and what became of it.
create table factor_losses (
    id uuid not null,
    person_id uuid not null,
    org_id uuid not null,
    decider text not null,
    state text not null,
    asked_at timestamp with time zone not null,
    first_yes_by uuid,
    first_yes_at timestamp with time zone,
    decided_by uuid,
    decided_at timestamp with time zone,
    takes_effect_at timestamp with time zone,
    reminded_at timestamp with time zone,
    ended_at timestamp with time zone,
    constraint factor_losses_pkey primary key (id),
    constraint factor_losses_decider_check check (decider in ('owner', 'platform')),
    constraint factor_losses_state_check check (state in ('asked', 'approved', 'refused', 'cancelled', 'done')),
    constraint factor_losses_approved_check check (
        state not in ('approved', 'done') or (decided_by is not null and takes_effect_at is not null)),
    constraint factor_losses_ended_check check ((state in ('asked', 'approved')) = (ended_at is null)),
    constraint factor_losses_other_eyes_check check (decided_by <> person_id and first_yes_by <> person_id),
    constraint factor_losses_two_check check (
        decider = 'owner' or state not in ('approved', 'done')
        or (first_yes_by is not null and first_yes_by <> decided_by)),
    constraint factor_losses_person_id_org_id_fkey foreign key (person_id, org_id)
        references memberships (person_id, org_id),
    constraint factor_losses_decided_by_fkey foreign key (decided_by) references people (id),
    constraint factor_losses_first_yes_by_fkey foreign key (first_yes_by) references people (id)
);
create unique index factor_losses_open_idx on factor_losses (person_id) where state in ('asked', 'approved');
create index factor_losses_person_id_asked_at_idx on factor_losses (person_id, asked_at);
create index factor_losses_org_id_idx on factor_losses (org_id);

-- The browsers from which a person has signed in, by a hash that fits no other person's.
create table known_browsers (
    person_id uuid not null,
    browser_hash bytea not null,
    first_seen_at timestamp with time zone not null,
    last_seen_at timestamp with time zone not null,
    constraint known_browsers_pkey primary key (person_id, browser_hash),
    constraint known_browsers_person_id_fkey foreign key (person_id) references people (id)
);
create index known_browsers_last_seen_at_idx on known_browsers (last_seen_at);

-- A change of a setting about money or safety, until a second person has said yes or no.
create table setting_proposals (
    id uuid not null,
    name text not null,
    value numeric(22, 6) not null,
    effective_from timestamp with time zone not null,
    reason text not null,
    version bigint not null,
    state text not null,
    proposed_by uuid not null,
    proposed_at timestamp with time zone not null,
    decided_by uuid,
    decided_at timestamp with time zone,
    note text,
    constraint setting_proposals_pkey primary key (id),
    constraint setting_proposals_state_check check (state in ('waiting', 'approved', 'refused', 'withdrawn')),
    constraint setting_proposals_decided_check check ((state = 'waiting') = (decided_at is null)),
    constraint setting_proposals_other_eyes_check check (
        state not in ('approved', 'refused') or decided_by is null or decided_by <> proposed_by),
    constraint setting_proposals_proposed_by_fkey foreign key (proposed_by) references people (id),
    constraint setting_proposals_decided_by_fkey foreign key (decided_by) references people (id)
);
create unique index setting_proposals_waiting_idx on setting_proposals (name) where state = 'waiting';

insert into state_moves (machine, from_state, to_state) values
    ('factor_loss', 'asked', 'approved'),
    ('factor_loss', 'asked', 'refused'),
    ('factor_loss', 'asked', 'cancelled'),
    ('factor_loss', 'approved', 'cancelled'),
    ('factor_loss', 'approved', 'done'),
    ('setting_proposal', 'waiting', 'approved'),
    ('setting_proposal', 'waiting', 'refused'),
    ('setting_proposal', 'waiting', 'withdrawn');

-- As before, and what was written of a person before they were one: an invitation names an address only. To be called
-- while the person's row still says by which address they sign in.
create or replace function erase_personal(p_person uuid, p_now timestamptz) returns integer
    language plpgsql security definer set search_path = market, pg_temp as $$
declare
    erased integer;
begin
    if not is_staff() then
        raise exception 'audit: only staff and jobs erase' using errcode = 'WS005';
    end if;
    update event_personal x set before = null, after = null, erased_at = p_now
    where erased_at is null and (person_id = p_person or (person_id is null and lower(x.after ->> 'email') in (
        select p.email from people p where p.id = p_person
        union select c.old_email from email_changes c where c.person_id = p_person
        union select i.email from invitations i where i.person_id = p_person)));
    get diagnostics erased = row_count;
    return erased;
end $$;
