"""Work of chains that may be due without anybody having asked: each part registers its task with a question about its
own tables, and the platform's timer puts all questions to all chains in one statement.
"""

from types import MappingProxyType
from typing import Final

_questions: dict[str, str] = {}
QUESTIONS: Final = MappingProxyType(_questions)
"""By the name of the task that does the work: a SELECT that finds a row where something is due."""


def register(task: str, question: str) -> None:
    """Have the task enqueued for every chain where the question finds a row.

    ``question`` is one SELECT that names its tables ``{schema}.table`` and may use ``%(now)s``; an index that is nearly
    always empty should answer it.
    """
    _questions[task] = question
