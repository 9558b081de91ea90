"""What happened, as a sentence of the audit trail: every kind of event has one, by topic."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from app import words
from domain.reports import AuditChange, AuditRow, Who

# {who} did it, {subject} is what it is about, {person} and the like are names of ids among the facts; other words
# are the facts themselves, or changes as {before} and {after}.
TOPICS: dict[str, tuple[str, dict[str, str]]] = {
    "access": ("Sign-in and security", {
        "SignedInEvent": "{subject} signed in",
        "SignInRefused": "Somebody tried to sign in as {subject} and was refused",
        "SignInLocked": "ALERT: too many wrong tries to sign in as {subject}; that place is locked out for a while",
        "SignedOut": "{subject} signed out",
        "PasswordChanged": "{subject} changed the password",
        "OwnPasswordRefused": "{subject} was signed in and gave a wrong password for a change",
        "PasswordResetRequested": "Somebody asked for a new password",
        "PasswordReset": "{subject} chose a new password by a link; open sessions ended",
        "SessionEnded": "{subject} ended one of the open sessions",
        "SessionsEnded": "{subject} ended the other open sessions",
        "FactorEnrolled": "{subject} set up a second factor",
        "FactorRemoved": "The second factor of {subject} was removed",
        "FactorLossReported": "{subject} said that the second factor is lost, and asked for a way back in",
        "FactorLossApproved": "{who} approved that the lost second factor of {subject} is taken off",
        "FactorLossRefused": "{who} did not approve that the second factor of {subject} is taken off",
        "FactorLossCancelled": "The request to take the second factor of {subject} off ended",
        "FactorLossNear": "{subject} was told once more that the lost second factor goes soon",
        "LostFactorRemoved": "The lost second factor of {subject} was taken off; open sessions ended",
        "NewBrowserSeen": "{subject} signed in from a browser that was not seen before",
        "SignInDisowned": "{subject} said that a sign-in was somebody else; open sessions ended",
        "PersonErased": "{subject} was erased",
        "FactorShown": "{subject} confirmed with the second factor",
        "FactorRefused": "A wrong code was given for {subject}",
        "RecoveryCodeUsed": "{subject} used a recovery code",
        "RecoveryCodesRenewed": "{subject} made new recovery codes",
        "ScreenRefused": "{who} opened a page of another role and was refused: {screen}",
        "OrganizationSwitched": "{subject} changed to another organisation",
        "EmailConfirmationRequested": "A link to confirm the e-mail address of {subject} was sent",
        "EmailConfirmed": "{subject} confirmed the e-mail address",
        "EmailChangeRequested": "{subject} asked to change the e-mail address",
        "EmailChangeConfirmed": "A change of the e-mail address of {subject} was confirmed at the {side} address",
        "EmailChanged": "The e-mail address of {subject} was changed",
        "EmailChangeCancelled": "A change of the e-mail address of {subject} was called off",
        "PhoneCodeRequested": "A code was sent to the phone of {subject}",
        "PhoneCodeRefused": "A wrong code was given for the phone of {subject}",
        "PhoneConfirmed": "{subject} confirmed the phone number",
        "IdentityJoined": "{subject} signed on by {provider} for the first time",
        "IdentityTakenAway": "{subject} can no longer sign on by {provider}",
        "SignOnRefused": "A sign-on by {provider} was refused",
        "CompanySignOnSet": "{who} set up sign-on through the company",
        "CompanySignOnOpened": "Sign-on through the company was opened",
        "CompanySignOnClosed": "{who} closed sign-on through the company",
        "PersonDisabled": "{who} kept {subject} from signing in",
        "PersonEnabled": "{who} let {subject} sign in again",
    }),
    "people": ("People and roles", {
        "MemberJoined": "{person} joined as {role}",
        "MemberInvited": "{who} invited somebody as {role}",
        "InvitationRevoked": "{who} took an invitation back",
        "InvitationAccepted": "{person} accepted an invitation",
        "MemberRoleChanged": "{who} changed the role of {person}",
        "MemberRemoved": "{who} removed {person} from the team",
        "WorkHandedOver": "Open work of {person} went to {handed_to}",
        "MemberLimitChanged": "{who} changed up to which amount {person} acts alone",
        "MemberScopesChanged": "{who} changed what {person} is kept to",
        "EmailsChosen": "{subject} chose which e-mails to get",
        "ViewConsentAsked": "{who} asked to look as {person}",
        "ViewConsentAnswered": "{who} said whether support may look as {person}: {after}",
        "ViewStarted": "{who} began to look as {person}",
        "ViewStopped": "A look as {person} ended: {ending}",
    }),
    "organization": ("Organisation", {
        "OrganizationRegistered": "{subject} was registered",
        "RegistrationBegun": "Somebody began to register a {kind}",
        "RegistrationLinkAsked": "Somebody asked for the link of a registration again",
        "RegistrationConfirmed": "The e-mail address of a registration was confirmed",
        "RegistrationFinished": "{person} finished a registration",
        "TermsAccepted": "{person} accepted the terms of service",
        "SiteAdded": "{who} added the place {site}",
        "DeliveryPreferencesChanged": "{who} changed how goods are delivered to {site}",
        "HolidaysChanged": "{who} changed the holidays",
        "SuspensionProposed": "{who} proposed to suspend {subject}",
        "SuspensionDeclined": "{who} declined to suspend {subject}",
        "OrganizationSuspended": "{who} suspended {subject}",
        "OrganizationRestored": "{who} restored {subject}",
        "RestorationProposed": "{who} proposed to restore {subject}",
        "RestorationDeclined": "{who} declined to restore {subject}",
        "SuspensionAppealed": "{who} appealed against the suspension of {subject}",
        "AppealDecided": "{who} decided the appeal against a suspension",
    }),
    "verification": ("Business verification", {
        "ProofSubmitted": "{who} handed in: {requirement}",
        "ProofMoved": "{requirement} of the business verification: {after}",
        "ProofAppealed": "{who} appealed against a decision: {requirement}",
        "ProofRunsOut": "{requirement} runs out within {days} days",
        "BankTestSent": "A test transfer was sent to the bank account",
        "BankTestAnswered": "{who} answered the test transfer to the bank account",
        "CaseOpened": "A case of the business verification was opened",
        "CaseMoved": "{who} worked on a case of the business verification: {after}",
        "WaiverMoved": "A waiver of {requirement}: {after}",
        "OrganizationVouchedFor": "{who} vouched for {subject} up to level {level}",
        "RequirementChanged": "{who} changed what has to be proved: {requirement}",
        "SanctionsListLoaded": "A sanctions list was loaded: {list}",
        "SanctionsHitFound": "A name came close to one of a sanctions list",
        "SanctionsHitDecided": "{who} decided whether a name is one of a sanctions list",
        "HarmfulFileFound": "A file that was handed in was found harmful and locked away",
    }),
    "products": ("Products and prices", {
        "ProductCreated": "{who} created the product {subject}",
        "ProductChanged": "{who} changed the product {subject}",
        "OfferCreated": "{who} began to offer {subject}",
        "OfferMoved": "{who} changed the offer of {subject}: {after}",
        "OfferChanged": "{who} changed how {subject} is ordered",
        "CategoryCreated": "{who} added the category {name}",
        "CategoryChanged": "{who} changed a category",
        "TemplateChanged": "{who} changed what a category asks of its products",
        "VariantsCreated": "{who} made {variants} variants of the product {subject}",
        "VariantsChanged": "{who} changed variants of the product {subject}",
        "VariantsRemoved": "{who} took {variants} variants of the product {subject} off the list",
        "MediaChanged": "{who} changed the pictures of the product {subject}",
        "ProductCertificatesChanged": "{who} changed with which certificates the product {subject} is shown",
        "PolicyWritten": "{who} set warranty and returns: {name}, version {version}",
        "CatalogChangeAsked": "{who} asked to have a product looked at before it goes on sale or is changed",
        "CatalogChangeDecided": "What was asked for a product was decided: {after}",
        "PricesChanged": "{who} changed the prices of {subject}",
        "AudienceChosen": "{who} chose who sees {subject}",
        "StockDisplayChosen": "{who} chose what buyers are told of stock",
        "PricesPlanned": "{who} planned prices of {subject} from {starts_at} on",
        "PlanWithdrawn": "{who} took planned prices of {subject} back",
        "FloorChanged": "{who} changed how low the price of {subject} may go",
        "GroupOpened": "{who} made a customer group",
        "GroupClosed": "{who} closed a customer group",
        "GroupMembersChanged": "{who} changed who is in a customer group",
        "RuleMade": "{who} made a price rule or a promotion",
        "RuleEnded": "{who} ended a price rule or a promotion",
        "ProductMinimumChanged": "{who} changed the smallest order of {subject}: {before} became {after}",
        "PriceAsked": "{who} asked for a price below the floor",
        "PriceRequestDecided": "{who} decided on a price below the floor: {after}",
        "SellerTermsChanged": "{who} changed the smallest order and shipping",
        "StockReceived": "{who} took in {quantity} of {subject}",
        "StockRanLow": "Goods of {subject} ran low",
        "ThresholdSet": "{who} set from how much stock on {subject} runs low: {before} became {after}",
        "ProductionWished": "{who} noted that {quantity} of {subject} are to be made",
        "ProductionWishClosed": "{who} closed a wish to make {quantity} of {subject}: {outcome}",
        "StoreStocked": "{who} put goods of {subject} into a store",
        "StoreSalesTaken": "{who} took in a file of sales of a store",
        "StockCounted": "{who} counted the stock of {subject}: {before} became {after}",
        "LocationAdded": "{who} added the place {subject}",
        "StockSold": "{who} took in what was sold at {subject}",
        "StockMoved": "{who} put {quantity} of {subject} from {from_location_id} to {to_location_id}",
        "StockDisposed": "{who} took {quantity} of {subject} out of stock: {kind}",
        "LotHeld": "{who} put a lot on hold",
        "LotFreed": "{who} let a lot go again",
        "LotRecalled": "{who} called a lot of {variant_id} back; whoever got some of it was told",
        "LifeTermSet": "{who} set how much of a lot's life must be left for customers: {before} became {after}",
        "StockHeld": "{who} kept {quantity} of {variant_id} back",
        "StockLetGo": "{quantity} of {variant_id} that were kept back are free again",
        "StockAllocated": "{who} kept {quantity} of {variant_id} for a customer",
        "AllocationEnded": "An allocation of {variant_id} ended; {returned} units are free for all",
        "TransferDrafted": "{who} planned to bring {units} units from {from_location_id} to {to_location_id}",
        "TransferSent": "{who} sent a transfer of {units} units",
        "TransferArrived": "{who} took in a transfer: {received} units arrived well, {rejected} did not",
        "TransferCancelled": "{who} gave a transfer up",
        "DiscrepancyOpened": "{who} reported that {quantity} units of a transfer did not arrive well",
        "DiscrepancyResolved": "{who} settled {quantity} units that did not arrive well",
        "CountOpened": "{who} began to count {location_id}",
        "LineCounted": "{who} counted a lot: {counted}",
        "CountFinished": "{who} finished a count that differs by {difference} units",
        "CountClosed": "{who} corrected the stock by a count: {difference} units differed",
        "CountReopened": "{who} had lots counted again",
        "CountCancelled": "{who} gave a count up",
    }),
    "orders": ("Orders", {
        "PurchasePlaced": "{who} checked out purchase {subject}",
        "ApprovalRuleChanged": "{who} changed the rule about approvals",
        "ApprovalAsked": "{who} asked for the approval of a purchase",
        "ApprovalReminded": "The approvers of a purchase were reminded",
        "PurchaseApproved": "{who} approved the purchase of a colleague",
        "PurchaseRejected": "{who} did not approve the purchase of a colleague",
        "RequestWithdrawn": "{who} took a request for approval back",
        "RequestExpired": "A request for approval ended, because nobody decided",
        "OrderPlaced": "{who} placed order {subject}",
        "OrderSecured": "The money of order {subject} is held",
        "OrderConfirmed": "{who} accepted order {subject}",
        "OrderDeclined": "Order {subject} was declined",
        "OrderExpired": "Order {subject} ended because no payment came in",
        "OrderCancelled": "{who} cancelled order {subject}",
        "ProductionStarted": "{who} started production of order {subject}",
        "ProductionReported": "{who} reported production of order {subject}: {percent} %",
        "OrderReady": "{who} made order {subject} ready to ship",
        "GoodsShipped": "{who} shipped {units} units of order {subject}",
        "GoodsReceived": "{who} received {units} units of order {subject}",
        "GoodsAccepted": "{units} units of order {subject} were accepted",
        "OrderClosedShort": "{who} closed order {subject} short",
        "OrderCompleted": "Order {subject} was completed",
        "ShortageRefunded": "Missing goods of order {subject} were refunded",
        "ReviewWritten": "{who} left feedback on order {subject}",
        "SearchSaved": "{who} saved a search",
        "SearchForgotten": "{who} deleted a saved search",
        "NewProductsFound": "A saved search found {products} new products",
        "ListSaved": "{who} saved a basket as a list",
        "ListChanged": "{who} changed a saved list",
        "ListForgotten": "{who} deleted a saved list",
        "CatalogUploadStarted": "{who} let {rows} rows of a file come in",
        "CatalogUploadDone": "A file came in: {rows_new} new, {rows_changed} changed, {rows_bad} bad rows",
        "CatalogUploadFailed": "A file could not come in",
        "CatalogUploadUndone": "{who} took {rows_undone} rows of a file back; {rows_kept} stayed",
        "CatalogImported": "{who} brought in a file of products",
        "HistoryImported": "{who} brought in past sales",
    }),
    "money": ("Money", {
        "BankAccountChanged": "{who} changed the bank account for payouts",
        "PaymentOpened": "A payment of {amount} was opened",
        "PaymentCaptured": "A payment of {amount} came in",
        "PaymentExpired": "A payment did not come in in time",
        "WalletToppedUp": "{who} put {amount} into the wallet of {subject}",
        "MoneyReleased": "{gross} of order {order} was released to the seller",
        "MoneyRefunded": "{amount} of order {order} was refunded",
        "BankLineRecorded": "{who} recorded a bank transfer of {amount}",
        "PayoutBatchMoved": "{who} moved a batch of payouts of {amount}: {after}",
        "PayoutSent": "{who} sent a payout of {amount}",
    }),
    "territories": ("Territories", {
        "RegionCreated": "{who} drew the region {subject}",
        "RegionAreasChanged": "{who} changed the areas of {subject} from {valid_from} on",
        "TerritoryAssigned": "{who} assigned {subject} to {for_org}",
        "TerritoryEnded": "{who} ended the assignment of {subject} to {for_org}",
    }),
    "platform": ("Platform and exports", {
        "SettingProposed": "{who} proposed to change a setting: {setting}, {before} would become {after}",
        "SettingDecided": "A proposed change of a setting was not approved, or taken back: {setting}",
        "SettingChanged": "{who} changed a setting: {setting}, {before} becomes {after}",
        "BuildRequested": "{who} asked for new figures",
        "BuildGivenUp": "New figures could not be built",
        "RowsExported": "{who} exported {rows} rows of {what} as {format}",
        "MessageFailed": "A message could not be delivered",
        "MessageResent": "{who} had a message sent again",
    }),
}  # fmt: skip

SENTENCES: dict[str, str] = {name: line for _, lines in TOPICS.values() for name, line in lines.items()}

# What things are called when their name is not for the reader or is gone.
_NOUNS = {
    "person": "an erased person", "sign_in": "an unknown account", "organization": "an organisation",
    "catalog_upload": "an upload",
    "product": "a product", "offer": "a product", "variant": "a product", "order": "an order", "purchase": "a purchase",
    "region": "a region",
}  # fmt: skip
_ENDINGS = {
    "viewer": "it was stopped", "time": "its time was over", "consent": "it was no longer allowed",
    "session": "the sign-in ended", "another": "another one began",
}  # fmt: skip
_AMOUNTS = frozenset({"amount", "gross", "total", "refunded", "net", "commission"})
_HIDDEN = frozenset({"bucket", "text_sha256", "currency"})
_FIELDS = {
    "iban": "Account number", "holder": "Account holder", "valid_from": "First day", "valid_to": "First day after",
    "is_exclusive": "Alone", "variant": "Role", "is_whole": "Whole", "parent_id": "Part of", "org_id": "Organisation",
    "email": "E-mail address", "variants": "Variants",
}  # fmt: skip


def topics() -> dict[str, str]:
    """The topics by code, for a filter."""
    return {code: title for code, (title, _) in TOPICS.items()}


def names_of(topic: str | None) -> tuple[str, ...] | None:
    """The kinds of events of a topic; None for all of them."""
    return tuple(TOPICS[topic][1]) if topic in TOPICS else None


def who(row: AuditRow) -> str:
    """Who did it, as far as the reader may know.

    What the system wrote down of a person who signs in, that person did.
    """
    if row.who is Who.SYSTEM and row.subject == "person" and SENTENCES.get(row.name, "").startswith("{subject}"):
        return row.names.get(str(row.subject_id)) or "An erased person"
    return {
        Who.PERSON: row.actor_name or "Somebody",
        Who.ERASED: "An erased person",
        Who.STAFF: "The platform's staff",
        Who.OTHER_SIDE: row.org_name or "The other side",
        Who.SYSTEM: "The system",
    }[row.who]


def sentence(row: AuditRow) -> str:
    """One event in plain words."""
    template = SENTENCES.get(row.name) or words.sentence_case(_spaced(row.name))
    said = template.format_map(_Facts(row))
    return said[:1].upper() + said[1:]


def field(change: AuditChange) -> str:
    name = change.what
    return _FIELDS.get(name) or words.sentence_case(name.removesuffix("_id"))


def value(row: AuditRow, change: AuditChange, text: str | None) -> str:
    """What stood or stands there: a name instead of an id, a word instead of a state or role."""
    if text is None:
        return "–"
    if text in row.names:
        return row.names[text]
    if change.what in ("state", "from_state", "to_state"):
        return words.state_word(text)
    if change.what == "variant":
        return words.role(text)
    return text


class _Facts(dict[str, Any]):
    """The words for the gaps of a sentence, each looked up when it is asked for."""

    def __init__(self, row: AuditRow) -> None:
        super().__init__()
        self.row = row

    def __missing__(self, gap: str) -> str:
        row, facts = self.row, self.row.facts
        if gap == "who":
            return who(row)
        if gap == "subject":
            return row.names.get(str(row.subject_id)) or _NOUNS.get(row.subject, row.subject.replace("_", " "))
        if gap == "role":
            return words.role(str(facts.get("variant") or "member"))
        if gap in ("before", "after"):
            return self._change(gap)
        if gap in _AMOUNTS and "currency" in facts:
            return _money(facts.get(gap), str(facts["currency"]))
        found = facts.get(f"{gap}_id", facts.get(gap))
        if found is None:
            return "somebody" if gap in ("person", "handed_to") else "–"
        return row.names.get(str(found)) or _plain(gap, found)

    def _change(self, gap: str) -> str:
        if not self.row.changes:
            return "–"
        change = self.row.changes[0]
        return value(self.row, change, getattr(change, gap))


def _plain(gap: str, found: Any) -> str:
    if gap in ("person", "handed_to"):
        return "an erased person"
    if gap in ("site", "for_org", "order"):
        return _NOUNS.get({"for_org": "organization"}.get(gap, gap), "a place")
    if gap == "ending":
        return _ENDINGS.get(str(found), str(found))
    if gap == "format":
        return str(found).upper()
    return words.sentence_case(str(found)) if gap == "requirement" else str(found).replace("_", " ")


def _money(amount: Any, currency: str) -> str:
    try:
        return words.money(Decimal(str(amount)), currency)
    except InvalidOperation:
        return "–"


def _spaced(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def details(row: AuditRow) -> Mapping[str, str]:
    """The other facts of an event, as names and values for people."""
    currency = str(row.facts.get("currency") or "")
    found = {}
    for name, fact in row.facts.items():
        is_id = name.endswith("_id")
        # An id without a name tells a reader nothing.
        if fact in (None, "", [], {}) or name in _HIDDEN or (is_id and str(fact) not in row.names):
            continue
        label = "For" if name == "for_org_id" else words.sentence_case(name.removesuffix("_id"))
        is_money = currency and name in _AMOUNTS
        found[label] = _money(fact, currency) if is_money else row.names.get(str(fact)) or _written(fact)
    return found


def _written(found: Any) -> str:
    if isinstance(found, Mapping):
        return ", ".join(f"{name}: {part}" for name, part in found.items())
    if isinstance(found, list):
        return ", ".join(map(str, found))
    return ("yes" if found else "no") if isinstance(found, bool) else str(found)
