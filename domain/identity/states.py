"""The words of identity: kinds of organisations, variants of roles, states."""

from enum import StrEnum


class OrgKind(StrEnum):
    MANUFACTURER = "manufacturer"
    RETAILER = "retailer"
    DISTRIBUTOR = "distributor"
    PLATFORM = "platform"


class Variant(StrEnum):
    """What a person is in the organisation (spec: role variants)."""

    FACTORY_OWNER = "factory_owner"
    FACTORY_MANAGER = "factory_manager"
    SALES_REPRESENTATIVE = "sales_representative"
    PRODUCTION_MANAGER = "production_manager"
    BUSINESS_OWNER = "business_owner"
    STORE_MANAGER = "store_manager"
    PURCHASING_AGENT = "purchasing_agent"
    DISTRIBUTOR_OWNER = "distributor_owner"
    REGIONAL_MANAGER = "regional_manager"
    WAREHOUSE_MANAGER = "warehouse_manager"
    SALES_MANAGER = "sales_manager"
    SUPER_ADMIN = "super_admin"
    OPERATIONS = "operations"
    COMPLIANCE = "compliance"
    SUPPORT = "support"
    FINANCE = "finance"
    ANALYTICS = "analytics"


class Origin(StrEnum):
    LIVE = "live"
    IMPORTED = "imported"


class SiteKind(StrEnum):
    STORE = "store"
    WAREHOUSE = "warehouse"
    FACTORY = "factory"
    OFFICE = "office"


class ActivityKind(StrEnum):
    PAGE_VIEW = "page_view"
    SEARCH = "search"
