
-- The tables, as the models declare them. An empty comparison with the models is a test.

CREATE TABLE verification_requirements (
    id UUID NOT NULL,
    requirement TEXT NOT NULL,
    level BIGINT NOT NULL,
    kinds TEXT[] NOT NULL,
    countries TEXT[],
    is_optional BOOLEAN NOT NULL,
    life_days BIGINT,
    grace_days BIGINT NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_until TIMESTAMP WITH TIME ZONE,
    set_by UUID,
    CONSTRAINT verification_requirements_pkey PRIMARY KEY (id),
    CONSTRAINT verification_requirements_requirement_check CHECK (requirement in ('email_confirmed', 'phone_confirmed', 'profile_complete', 'sanctions_clear', 'business_name', 'registration_document', 'tax_number', 'proof_of_address', 'bank_account', 'owners', 'site_inspection', 'quality_certificate', 'production_capacity', 'ce_conformity', 'fda_registration', 'organic_certificate', 'product_compliance')),
    CONSTRAINT verification_requirements_level_check CHECK (level between 1 and 3),
    CONSTRAINT verification_requirements_days_check CHECK (grace_days >= 0 and (life_days is null or life_days > 0)),
    CONSTRAINT verification_requirements_kinds_check CHECK (cardinality(kinds) > 0),
    CONSTRAINT verification_requirements_valid_check CHECK (valid_until is null or valid_until > valid_from),
    CONSTRAINT verification_requirements_requirement_kinds_valid_from_key UNIQUE (requirement, kinds, valid_from)
);

CREATE TABLE verification_regulations (
    category_id UUID NOT NULL,
    requirement TEXT NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_until TIMESTAMP WITH TIME ZONE,
    set_by UUID,
    CONSTRAINT verification_regulations_pkey PRIMARY KEY (category_id, requirement, valid_from),
    CONSTRAINT verification_regulations_requirement_check CHECK (requirement in ('email_confirmed', 'phone_confirmed', 'profile_complete', 'sanctions_clear', 'business_name', 'registration_document', 'tax_number', 'proof_of_address', 'bank_account', 'owners', 'site_inspection', 'quality_certificate', 'production_capacity', 'ce_conformity', 'fda_registration', 'organic_certificate', 'product_compliance')),
    CONSTRAINT verification_regulations_valid_check CHECK (valid_until is null or valid_until > valid_from),
    CONSTRAINT verification_regulations_category_id_fkey FOREIGN KEY(category_id) REFERENCES categories (id)
);

CREATE TABLE verification_submissions (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    requirement TEXT NOT NULL,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    number TEXT,
    issuer TEXT,
    scope TEXT,
    category_ids UUID[],
    issued_on DATE,
    expires_on DATE,
    facts JSONB NOT NULL,
    findings JSONB NOT NULL,
    question TEXT,
    answer TEXT,
    reasons TEXT[] NOT NULL,
    note TEXT,
    tries BIGINT NOT NULL,
    submitted_by UUID,
    submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE,
    verified_at TIMESTAMP WITH TIME ZONE,
    counts_from TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    reminded_days BIGINT,
    ended_at TIMESTAMP WITH TIME ZONE,
    recheck_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT verification_submissions_pkey PRIMARY KEY (id),
    CONSTRAINT verification_submissions_requirement_check CHECK (requirement in ('email_confirmed', 'phone_confirmed', 'profile_complete', 'sanctions_clear', 'business_name', 'registration_document', 'tax_number', 'proof_of_address', 'bank_account', 'owners', 'site_inspection', 'quality_certificate', 'production_capacity', 'ce_conformity', 'fda_registration', 'organic_certificate', 'product_compliance')),
    CONSTRAINT verification_submissions_state_check CHECK (state in ('submitted', 'auto_verified', 'needs_review', 'info_requested', 'verified', 'rejected', 'appealed', 'rejected_final', 'expiring', 'expired', 'replaced')),
    CONSTRAINT verification_submissions_source_check CHECK (source in ('member', 'vouched')),
    CONSTRAINT verification_submissions_id_org_id_key UNIQUE (id, org_id),
    CONSTRAINT verification_submissions_counts_when_verified_check CHECK ((counts_from is null) = (verified_at is null)),
    CONSTRAINT verification_submissions_dates_check CHECK (expires_on is null or issued_on is null or expires_on >= issued_on),
    CONSTRAINT verification_submissions_tries_check CHECK (tries >= 0),
    CONSTRAINT verification_submissions_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX verification_submissions_expires_at_idx ON verification_submissions (expires_at) WHERE state in ('verified', 'expiring');
CREATE INDEX verification_submissions_number_idx ON verification_submissions (requirement, number);
CREATE INDEX verification_submissions_org_id_idx ON verification_submissions (org_id, requirement, submitted_at);
CREATE UNIQUE INDEX verification_submissions_under_way_key ON verification_submissions (org_id, requirement) WHERE state in ('submitted', 'auto_verified', 'needs_review', 'info_requested', 'appealed');

CREATE TABLE verification_files (
    submission_id UUID NOT NULL,
    file_id UUID NOT NULL,
    org_id UUID NOT NULL,
    sha256 TEXT NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts BIGINT NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    reading JSONB NOT NULL,
    CONSTRAINT verification_files_pkey PRIMARY KEY (submission_id, file_id),
    CONSTRAINT verification_files_submission_id_org_id_fkey FOREIGN KEY(submission_id, org_id) REFERENCES verification_submissions (id, org_id),
    CONSTRAINT verification_files_attempts_check CHECK (attempts >= 0),
    CONSTRAINT verification_files_file_id_fkey FOREIGN KEY(file_id) REFERENCES files (id)
);
CREATE INDEX verification_files_sha256_idx ON verification_files (sha256);
CREATE INDEX verification_files_waiting_idx ON verification_files (added_at) WHERE read_at is null;

CREATE TABLE verification_cases (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    submission_id UUID,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reasons TEXT[] NOT NULL,
    needs_second BOOLEAN NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    claimed_by UUID,
    claimed_at TIMESTAMP WITH TIME ZONE,
    first_by UUID,
    first_at TIMESTAMP WITH TIME ZONE,
    first_decision TEXT,
    decided_by UUID,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision TEXT,
    note TEXT,
    CONSTRAINT verification_cases_pkey PRIMARY KEY (id),
    CONSTRAINT verification_cases_kind_check CHECK (kind in ('review', 'appeal', 'sanctions')),
    CONSTRAINT verification_cases_state_check CHECK (state in ('open', 'claimed', 'decided')),
    CONSTRAINT verification_cases_first_decision_check CHECK (first_decision in ('approve', 'reject', 'ask')),
    CONSTRAINT verification_cases_decision_check CHECK (decision in ('approve', 'reject', 'ask')),
    CONSTRAINT verification_cases_submission_id_org_id_fkey FOREIGN KEY(submission_id, org_id) REFERENCES verification_submissions (id, org_id),
    CONSTRAINT verification_cases_claimed_check CHECK ((state = 'claimed') = (claimed_by is not null)),
    CONSTRAINT verification_cases_decided_check CHECK ((state = 'decided') = (decided_at is not null)),
    CONSTRAINT verification_cases_two_people_check CHECK (first_by is null or decided_by is null or first_by <> decided_by or decision <> 'approve'),
    CONSTRAINT verification_cases_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX verification_cases_open_idx ON verification_cases (due_at) WHERE state <> 'decided';
CREATE UNIQUE INDEX verification_cases_open_key ON verification_cases (submission_id) WHERE state <> 'decided' and submission_id is not null;
CREATE INDEX verification_cases_org_id_idx ON verification_cases (org_id);

CREATE TABLE verification_waivers (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    requirement TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    proposed_by UUID,
    proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    approved_by UUID,
    approved_at TIMESTAMP WITH TIME ZONE,
    waived_until TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT verification_waivers_pkey PRIMARY KEY (id),
    CONSTRAINT verification_waivers_requirement_check CHECK (requirement in ('email_confirmed', 'phone_confirmed', 'profile_complete', 'sanctions_clear', 'business_name', 'registration_document', 'tax_number', 'proof_of_address', 'bank_account', 'owners', 'site_inspection', 'quality_certificate', 'production_capacity', 'ce_conformity', 'fda_registration', 'organic_certificate', 'product_compliance')),
    CONSTRAINT verification_waivers_state_check CHECK (state in ('proposed', 'approved', 'ended')),
    CONSTRAINT verification_waivers_two_people_check CHECK (approved_by is null or approved_by <> proposed_by),
    CONSTRAINT verification_waivers_approved_check CHECK ((approved_at is null) = (state = 'proposed')),
    CONSTRAINT verification_waivers_waived_until_check CHECK (waived_until > proposed_at),
    CONSTRAINT verification_waivers_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX verification_waivers_org_id_requirement_idx ON verification_waivers (org_id, requirement);

CREATE TABLE verification_owners (
    id UUID NOT NULL,
    submission_id UUID NOT NULL,
    org_id UUID NOT NULL,
    name TEXT NOT NULL,
    born_on DATE,
    country TEXT,
    share NUMERIC(5, 2) NOT NULL,
    is_director BOOLEAN NOT NULL,
    person_key TEXT NOT NULL,
    CONSTRAINT verification_owners_pkey PRIMARY KEY (id),
    CONSTRAINT verification_owners_submission_id_org_id_fkey FOREIGN KEY(submission_id, org_id) REFERENCES verification_submissions (id, org_id),
    CONSTRAINT verification_owners_share_check CHECK (share >= 0 and share <= 100)
);
CREATE INDEX verification_owners_org_id_idx ON verification_owners (org_id);
CREATE INDEX verification_owners_person_key_idx ON verification_owners (person_key);

CREATE TABLE verification_deposits (
    submission_id UUID NOT NULL,
    position BIGINT NOT NULL,
    org_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    sent_by UUID,
    CONSTRAINT verification_deposits_pkey PRIMARY KEY (submission_id, position),
    CONSTRAINT verification_deposits_submission_id_org_id_fkey FOREIGN KEY(submission_id, org_id) REFERENCES verification_submissions (id, org_id),
    CONSTRAINT verification_deposits_position_check CHECK (position in (1, 2))
);

CREATE TABLE company_registry (
    country_code TEXT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    tax_number TEXT,
    standing TEXT NOT NULL,
    address TEXT,
    loaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT company_registry_pkey PRIMARY KEY (country_code, number),
    CONSTRAINT company_registry_standing_check CHECK (standing in ('active', 'dissolved'))
);
CREATE INDEX company_registry_name_trgm_idx ON company_registry USING gin (name gin_trgm_ops);

CREATE TABLE sanctions_entries (
    id UUID NOT NULL,
    list TEXT NOT NULL,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    aliases TEXT[] NOT NULL,
    country TEXT,
    listed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT sanctions_entries_pkey PRIMARY KEY (id),
    CONSTRAINT sanctions_entries_list_reference_key UNIQUE (list, reference),
    CONSTRAINT sanctions_entries_name_check CHECK (name <> '')
);

CREATE TABLE sanctions_hits (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    owner_key TEXT,
    case_id UUID,
    state TEXT NOT NULL,
    score NUMERIC(5, 2) NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT sanctions_hits_pkey PRIMARY KEY (id),
    CONSTRAINT sanctions_hits_state_check CHECK (state in ('open', 'cleared', 'confirmed')),
    CONSTRAINT sanctions_hits_org_id_entry_id_owner_key_key UNIQUE NULLS NOT DISTINCT (org_id, entry_id, owner_key),
    CONSTRAINT sanctions_hits_score_check CHECK (score >= 0 and score <= 100),
    CONSTRAINT sanctions_hits_decided_check CHECK ((state = 'open') = (decided_at is null)),
    CONSTRAINT sanctions_hits_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id),
    CONSTRAINT sanctions_hits_entry_id_fkey FOREIGN KEY(entry_id) REFERENCES sanctions_entries (id),
    CONSTRAINT sanctions_hits_case_id_fkey FOREIGN KEY(case_id) REFERENCES verification_cases (id)
);
