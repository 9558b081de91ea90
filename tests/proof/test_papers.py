"""How many honest papers pass by themselves, and that no dishonest one does.

Thirty-two families of real files. The rules were made while looking at twenty-four of them; the rates are told for the
other eight, which were written last and for whose sake no rule was changed, and beside them for the rest. Whatever passes on its text and
its making is also looked at, page by page, before it counts as passed.
"""

import time
from collections import Counter
from collections.abc import Iterable

import pytest

from domain.verification.reading import Reading, judge
from domain.verification.reading.taking import read_here
from tests.make import papers
from tests.make.papers import Case, Family
from tests.proof.written import write_down

NOT_LOOKED_AT = "The page does not show"
RATE_LEAST = 0.8

pytestmark = pytest.mark.proof


def outcome(case: Case) -> tuple[str, tuple[str, ...]]:
    """Recognising a page takes seconds: it is done when nothing else speaks against the paper."""
    quick = judge(case.paper, _reading(case, is_looked_at=False), case.expected)
    against = tuple(reason for reason in quick.reasons if not reason.startswith(NOT_LOOKED_AT))
    if against:
        return "review", against
    verdict = judge(case.paper, _reading(case, is_looked_at=True), case.expected)
    return verdict.outcome, verdict.reasons


def _reading(case: Case, *, is_looked_at: bool) -> Reading:
    return Reading.model_validate(read_here(case.content, media_type=case.media_type, is_looked_at=is_looked_at))


def tell(families: Iterable[Family], cleans: range, bads: range) -> dict[str, object]:
    clean, passed, against = Counter[str](), Counter[str](), Counter[str]()
    bad, bad_passed = Counter[str](), []
    papers_of: dict[str, Counter[str]] = {}
    for family in families:
        for seed in cleans:
            verdict, reasons = outcome(papers.clean(family, seed))
            clean[family.name] += 1
            passed[family.name] += verdict == "pass"
            of_kind = papers_of.setdefault(family.paper.value, Counter())
            of_kind.update(clean=1, clean_passed=int(verdict == "pass"))
            against.update(f"{family.name}: {reason}" for reason in reasons)
        for seed in bads:
            for case in papers.bad(family, seed):
                bad[f"{case.kind}: {case.how}"] += 1
                has_passed = outcome(case)[0] == "pass"
                papers_of.setdefault(family.paper.value, Counter()).update(bad=1, bad_passed=int(has_passed))
                if has_passed:
                    bad_passed.append(f"{family.name} {seed}: {case.kind}, {case.how}")
    return {
        "families": len(clean), "clean": clean.total(), "clean_passed": passed.total(),
        "rate": round(passed.total() / clean.total(), 3), "clean_passed_by_family": dict(passed),
        "why_clean_ones_did_not": dict(against), "bad": bad.total(), "bad_passed": bad_passed,
        "bad_by_kind": dict(sorted(bad.items())),
        "by_paper": {name: dict(counts) for name, counts in sorted(papers_of.items())},
    }  # fmt: skip


def scans(families: Iterable[Family], seed: int) -> dict[str, object]:
    """Pictures never pass; what is told is how many of their fields are read right for the person who looks."""
    read, right, passed = 0, 0, []
    for family in families:
        for case in papers.scan_cases(family, seed):
            verdict = judge(case.paper, _reading(case, is_looked_at=True), case.expected)
            if verdict.outcome == "pass":
                passed.append(f"{family.name}: {case.how}")
            if case.kind == "clean scan":
                read += 1
                right += "name" in verdict.fields and verdict.fields["name"].value.lower() == case.expected.name.lower()
    return {"clean_scans": read, "names_read_right": right, "passed": passed}


def test_honest_papers_pass_and_no_dishonest_one_does(quick_round: bool) -> None:
    began = time.monotonic()
    few = slice(0, 2) if quick_round else slice(None)
    held_out = tell(papers.HELD_OUT[few], range(1, 2 if quick_round else 4), range(1, 2 if quick_round else 3))
    tuned = tell(papers.TUNED[few], range(1, 2), range(1, 2))
    pictures = scans(papers.FAMILIES[:: 30 if quick_round else 8], 1)
    figures = {"held_out": held_out, "tuned": tuned, "scans": pictures, "seconds": round(time.monotonic() - began)}
    write_down("papers", figures, quick_round=quick_round)
    assert held_out["bad_passed"] == tuned["bad_passed"] == pictures["passed"] == []
    assert float(str(held_out["rate"])) >= RATE_LEAST
