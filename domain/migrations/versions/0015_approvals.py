"""Purchases that wait for a colleague's approval, and the rules of an organisation about them."""

from alembic import op

from domain.migrations import fences

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    # A basket that waits for an approval is set aside: its person may fill another one meanwhile.
    op.execute("alter table baskets add column requested_at timestamp with time zone")
    op.execute("drop index baskets_open_key")
    op.execute(
        "create unique index baskets_open_key on baskets (buyer_id, person_id)"
        " where placed_at is null and requested_at is null"
    )
    op.execute(
        """
        create table approval_rules (
            org_id uuid not null,
            amount numeric(19, 4),
            currency text not null,
            own_requests boolean not null,
            set_by uuid,
            set_at timestamp with time zone not null,
            constraint approval_rules_pkey primary key (org_id),
            constraint approval_rules_org_id_fkey foreign key (org_id) references organizations (id),
            constraint approval_rules_amount_check check (amount >= 0),
            constraint approval_rules_amount_settled_check check (is_settled(amount, currency))
        )
        """
    )
    fences.private("approval_rules")
    op.execute(
        """
        create table purchase_requests (
            id uuid not null,
            buyer_id uuid not null,
            basket_id uuid not null,
            person_id uuid not null,
            site_id uuid not null,
            payment_method text not null,
            currency text not null,
            total numeric(19, 4) not null,
            note text not null,
            state text not null,
            asked_at timestamp with time zone not null,
            expires_at timestamp with time zone not null,
            reminded_at timestamp with time zone,
            decided_at timestamp with time zone,
            decided_by uuid,
            reason text,
            purchase_id uuid,
            constraint purchase_requests_pkey primary key (id),
            constraint purchase_requests_state_check
                check (state in ('waiting', 'approved', 'rejected', 'withdrawn', 'expired')),
            constraint purchase_requests_payment_method_check
                check (payment_method in ('wallet', 'bank_transfer')),
            constraint purchase_requests_total_settled_check check (is_settled(total, currency)),
            constraint purchase_requests_decided_check check ((state = 'waiting') = (decided_at is null)),
            constraint purchase_requests_purchase_check check ((state = 'approved') = (purchase_id is not null)),
            constraint purchase_requests_basket_id_buyer_id_fkey
                foreign key (basket_id, buyer_id) references baskets (id, buyer_id),
            constraint purchase_requests_site_id_buyer_id_fkey
                foreign key (site_id, buyer_id) references sites (id, org_id),
            constraint purchase_requests_purchase_id_buyer_id_fkey
                foreign key (purchase_id, buyer_id) references purchases (id, buyer_id),
            constraint purchase_requests_person_id_fkey foreign key (person_id) references people (id)
        )
        """
    )
    op.execute(
        "create unique index purchase_requests_waiting_key on purchase_requests (basket_id) where state = 'waiting'"
    )
    op.execute("create index purchase_requests_buyer_id_asked_at_idx on purchase_requests (buyer_id, asked_at)")
    fences.private("purchase_requests", owner="buyer_id")
    op.execute(
        "insert into state_moves (machine, from_state, to_state) values"
        " ('purchase_request', 'waiting', 'approved'), ('purchase_request', 'waiting', 'rejected'),"
        " ('purchase_request', 'waiting', 'withdrawn'), ('purchase_request', 'waiting', 'expired')"
    )
