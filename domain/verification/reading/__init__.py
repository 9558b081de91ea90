"""Papers of a business: what stands in a file, and whether it says what the business says of itself.

`read` takes a file apart: the text layer of a PDF or, where there is none, what is recognised in the picture;
what the rendered pages show beside it; and signs that somebody changed the file. It runs in a confined child
and takes seconds, so the worker calls it and never the web process. `judge` is pure: it finds the fields that
this kind of paper has, compares them with what is expected, and says "pass" only when everything agrees.
Whatever is missing, unclear, another's, too old or changed is for a person ("review"), with the reasons.
"""

from domain.verification.reading.judging import judge
from domain.verification.reading.taking import read
from domain.verification.reading.views import Expected, Found, Line, Paper, Reading, Verdict
