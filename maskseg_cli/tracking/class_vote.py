"""`ClassVote`: the class of an object, voted by all frames in which it was found."""

from __future__ import annotations

from collections import defaultdict

#: Another class wins where its votes exceed those of the present one by this factor, so that two near classes do not
#: take turns.
_MARGIN = 1.25


class ClassVote:
    """Adds up scores by class.

    Attributes:
        class_id: the class that has won so far; 0 before the first vote.

    Example:
        >>> vote = ClassVote()
        >>> for class_id, score in ((3, 0.9), (67, 0.6), (3, 0.8)):
        ...     vote.add(class_id, score)
        >>> vote.class_id
        3
    """

    def __init__(self) -> None:
        self.class_id = 0
        self._votes: defaultdict[int, float] = defaultdict(float)

    def add(self, class_id: int, score: float) -> None:
        """Adds the vote of one frame."""
        self._votes[class_id] += score
        votes = self._votes[class_id]
        if class_id != self.class_id and votes > _MARGIN * self._votes.get(self.class_id, 0.0):
            self.class_id = class_id

    def share(self, class_id: int) -> float:
        """The share of a class in all votes, 0 to 1."""
        total = sum(self._votes.values())
        return self._votes.get(class_id, 0.0) / total if total else 0.0
