"""What Streamlit's own options cannot say of how screens look: one stylesheet, fetched once by each browser.

The menu's icons stand in it because a page that names its icon makes the browser ask a foreign server for it.
"""

from functools import cache

from app.navigation import SCREENS

LINK = '<style>@import url("/style.css");</style>'

_RULES = """
.st-key-bell { position: fixed; top: 0.55rem; right: 1rem; width: auto !important; z-index: 999991; }
.st-key-bell [data-testid="stPageLink"] a { padding: 0.25rem 0.6rem; }
:is([class*="st-key-tile-"], .st-key-gmv) [data-testid="stPageLink-NavLink"] { padding-left: 0; }
[class*="st-key-tile-"] [data-testid="stPageLink-NavLink"] :is(span:has(p), div, p) {
  white-space: normal; line-height: 1.25;
}
@media (max-width: 500px) { [data-testid="stMetricValue"] { font-size: 1.3rem; } }
[class*="st-key-thumb-"] [data-testid="stImage"] img { width: 80px; height: 80px; border-radius: 6px; }
[data-testid="stSidebarNavLink"] { gap: 0.6rem; padding-top: 0.3rem; padding-bottom: 0.3rem; }
[data-testid="stSidebarNavLink"]::before {
  font-family: "Material Symbols Rounded"; font-size: 1.2rem; line-height: 1; width: 1.2rem; overflow: hidden;
  opacity: 0.85; font-feature-settings: "liga"; white-space: nowrap;
}
"""


@cache
def stylesheet() -> str:
    # After the slash stands what a screen reader says of it: nothing.
    icons = (
        f'[data-testid="stSidebarNavLink"][href$="/{screen.url}"]::before {{ content: "{screen.icon}" / ""; }}'
        for screen in SCREENS
        if screen.menu
    )
    return "\n".join((_RULES.strip(), *icons, ""))
