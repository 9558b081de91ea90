-- What the code knows as data: the chart of accounts, the kinds of entries, the state tables.
insert into ledger_families (family, kind, holder, is_locked) values
    ('bank.escrow', 'asset', null, false),
    ('bank.operating', 'asset', null, false),
    ('escrow', 'liability', 'order', true),
    ('pay.seller', 'liability', 'org', true),
    ('pay.distributor', 'liability', 'org', true),
    ('wallet.buyer', 'liability', 'org', true),
    ('refund.payable', 'liability', 'org', true),
    ('vat.commission', 'liability', null, false),
    ('rev.commission', 'income', null, false),
    ('memo.gmv.placed', 'memo', null, false),
    ('memo.gmv.confirmed', 'memo', null, false),
    ('memo.gmv.completed', 'memo', null, false),
    ('memo.contra', 'memo', null, false);

insert into ledger_kinds (kind, debits, credits, actors, needs) values
    ('wallet_topped_up', '{bank.escrow}', '{wallet.buyer}', '{staff}', null),
    ('order_funded_by_wallet', '{wallet.buyer}', '{escrow}', '{buyer}', null),
    ('order_funded_by_transfer', '{bank.escrow}', '{escrow}', '{staff}', null),
    ('goods_accepted', '{escrow}', '{pay.seller,pay.distributor,rev.commission,vat.commission}', '{buyer}', 'acceptances'),
    ('order_refunded', '{escrow}', '{refund.payable}', '{seller,buyer,staff}', null),
    ('refund_to_wallet', '{refund.payable}', '{wallet.buyer}', '{seller,buyer,staff}', null),
    ('refund_sent', '{refund.payable}', '{bank.escrow}', '{staff}', null),
    ('earnings_sent', '{pay.seller,pay.distributor}', '{bank.escrow}', '{staff}', null),
    ('commission_swept', '{bank.operating}', '{bank.escrow}', '{staff}', null),
    ('gmv_placed', '{memo.gmv.placed}', '{memo.contra}', '{buyer,staff}', null),
    ('gmv_confirmed', '{memo.gmv.confirmed}', '{memo.contra}', '{seller}', null),
    ('gmv_completed', '{memo.gmv.completed}', '{memo.contra}', '{buyer,seller}', null);

insert into state_moves (machine, from_state, to_state) values
    ('offer', 'draft', 'discontinued'),
    ('offer', 'draft', 'published'),
    ('offer', 'published', 'discontinued'),
    ('offer', 'published', 'paused'),
    ('offer', 'paused', 'discontinued'),
    ('offer', 'paused', 'published'),
    ('order', 'awaiting_payment', 'awaiting_seller'),
    ('order', 'awaiting_payment', 'cancelled'),
    ('order', 'awaiting_payment', 'expired'),
    ('order', 'awaiting_seller', 'cancelled'),
    ('order', 'awaiting_seller', 'confirmed'),
    ('order', 'awaiting_seller', 'declined'),
    ('order', 'confirmed', 'cancelled'),
    ('order', 'confirmed', 'in_production'),
    ('order', 'confirmed', 'ready'),
    ('order', 'in_production', 'cancelled'),
    ('order', 'in_production', 'ready'),
    ('order', 'ready', 'cancelled'),
    ('order', 'ready', 'closed_short'),
    ('order', 'ready', 'completed'),
    ('order', 'closed_short', 'completed'),
    ('payment', 'awaiting_transfer', 'captured'),
    ('payment', 'awaiting_transfer', 'expired'),
    ('payout_batch', 'prepared', 'cancelled'),
    ('payout_batch', 'prepared', 'sent');

insert into commission_rules (id, name, rate, vat_rate, effective_from)
values ('00000000-0000-7000-8000-000000000001', 'standard', 0.04, 0.20, '2000-01-01T00:00:00Z');
