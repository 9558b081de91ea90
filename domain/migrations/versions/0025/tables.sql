-- What search looks at: a row for every product that somebody has on sale, kept by the triggers below.
--
-- Its words and numbers, and of the offers that everybody sees what filters and facets ask for, in parallel lists.
-- minimum, lead and from_price are the least of them, currency and seller_id are those of all or nothing, and shelf is
-- where the least stand on the scales of the facets (search_shelf), so that these are counted by one number. Offers for chosen buyers
-- are looked up for who asks. Whether goods are free is a hint of the last count.
--
-- Words are indexed by slices of some tens, hundreds and millions of products, since an index on words gives all of its
-- matches or none: of a word that sixty thousand have the first slice knows enough for a page.
create table product_search (
    product_id uuid not null,
    category_id uuid,
    seller_id uuid,
    lead bigint,
    minimum bigint,
    length integer not null,
    shelf integer,
    slice smallint not null default 0,
    is_open boolean not null,
    has_chosen boolean not null,
    in_stock boolean not null default false,
    from_price numeric,
    currency text,
    words tsvector not null,
    numbers text[] not null,
    offer_ids uuid[] not null,
    seller_ids uuid[] not null,
    minimums bigint[] not null,
    leads bigint[] not null,
    prices numeric[] not null,
    currencies text[] not null,
    constraint product_search_pkey primary key (product_id),
    constraint product_search_product_id_fkey foreign key (product_id) references products (id) on delete cascade,
    constraint product_search_length_check check (length >= 0),
    constraint product_search_slice_check check (slice between 0 and 3),
    constraint product_search_lists_check check (
        cardinality(offer_ids) = cardinality(seller_ids) and cardinality(offer_ids) = cardinality(minimums)
        and cardinality(offer_ids) = cardinality(leads) and cardinality(offer_ids) = cardinality(prices)
        and cardinality(offer_ids) = cardinality(currencies))
) with (fillfactor = 90);
create index product_search_words_0_idx on product_search using gin (words) where slice = 0;
create index product_search_words_1_idx on product_search using gin (words) where slice = 1;
create index product_search_words_2_idx on product_search using gin (words) where slice = 2;
create index product_search_words_3_idx on product_search using gin (words) where slice = 3;
create index product_search_numbers_idx on product_search using gin (numbers);
create index product_search_sellers_idx on product_search using gin (seller_ids);
create index product_search_category_id_idx on product_search (category_id, product_id);
create index product_search_from_price_idx on product_search (from_price, product_id);

-- In how many products that everybody may find a word stands, at the last count. Of words with digits, which are
-- mostly numbers of one product each, only those of several: unknown ones count as rare, and are not taken for others.
create table search_lexemes (
    lexeme text not null,
    documents integer not null,
    constraint search_lexemes_pkey primary key (lexeme),
    constraint search_lexemes_documents_check check (documents > 0)
);
create index search_lexemes_trgm_idx on search_lexemes using gin (lexeme gin_trgm_ops) where lexeme !~ '[0-9]';

-- How much there is, and the slice that new products go to: the first with room at the last count.
create table search_totals (
    is_only boolean not null default true,
    documents bigint not null,
    lengths bigint not null,
    slice smallint not null default 0,
    counted_at timestamp with time zone not null,
    constraint search_totals_pkey primary key (is_only),
    constraint search_totals_only_check check (is_only)
);

-- What facets say of sellers: the level of the last count, and whether any certificate holds.
create table search_sellers (
    seller_id uuid not null,
    level bigint not null,
    is_certified boolean not null,
    constraint search_sellers_pkey primary key (seller_id),
    constraint search_sellers_seller_id_fkey foreign key (seller_id) references organizations (id),
    constraint search_sellers_level_check check (level between 0 and 3)
);
