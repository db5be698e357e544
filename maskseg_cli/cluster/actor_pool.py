"""`ActorPool`: gives tasks to Ray actors, one each at a time, and a task whose process has ended to another one."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

#: A task that has ended so many processes is not tried again.
MOST_TRIES = 3

#: Seconds between two questions for the progress of the actors.
_ASK_EVERY = 0.5


class LostTask(Exception):  # noqa: N818  it says what became of the task
    """The result of a task whose processes ended, or which could not be begun; the message is a sentence."""


class ActorPool:
    """Does tasks in actors; results wait until they are asked for.

    The class of the actors has the methods `load()`, whose result all share; `do(task, tries)`, `tries` counting from
    1; `progress()`, a number that may be asked for while a task is done, and `stop()`, which makes the task end soon.
    `load` and `do` return their errors: what they raise is a defect.

    Args:
        ray: the package, connected; tests give a stand-in.
        create: makes an actor that does two calls at a time, and is not restarted by Ray.
        size: so many actors.
        usable: whether an actor can work, by what its `load` has returned.
        begin: called before a task is given to an actor the first time; a `LostTask` that it raises is the result.
        lost: called with a task whose process has ended and that is done again.

    Attributes:
        loaded: what the `load` of the first actor that can work has returned; None so far.
        refused: what the `load` of those has returned that cannot.
        size: actors that there may be.
        results: task -> what `do` has returned, or a `LostTask`.
        numbers: task -> the last answer to `progress`, of those that are being done.
    """

    def __init__(
        self,
        ray: Any,
        create: Callable[[], Any],
        size: int,
        usable: Callable[[Any], bool] = lambda loaded: True,
        begin: Callable[[int], None] = lambda task: None,
        lost: Callable[[int], None] = lambda task: None,
    ) -> None:
        self.loaded: Any = None
        self.refused: list[Any] = []
        self.size = size
        self.results: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}
        self._ray, self._create, self._usable = ray, create, usable
        self._begin, self._lost = begin, lost
        self._tasks: deque[int] = deque()
        self._given = False
        self._tries: Counter[int] = Counter()
        self._ended = 0  # actors in a row that have ended while they loaded
        self._actors: list[Any] = []
        self._idle: list[Any] = []
        self._loads: dict[Any, Any] = {}  # reference -> actor
        self._busy: dict[Any, tuple[Any, int]] = {}  # reference -> actor, task
        self._asked: dict[Any, int] = {}  # reference -> task
        self._asked_at = 0.0
        self._held = False
        self._stopped_until: float | None = None
        self._broken = ""

    @property
    def left(self) -> int:
        """Tasks that have no result yet and are not given up."""
        return len(self._busy) + len(self._tasks)

    def give(self, tasks: Iterable[int]) -> None:
        """Sets the tasks, in the order in which they are begun. Before that, actors only load."""
        self._tasks, self._given = deque(tasks), True

    def step(self, timeout: float) -> None:
        """Gives tasks to actors that are free, and waits until an actor has something to say.

        Raises:
            LostTask: there may be no more actors, because each has ended while it loaded.
        """
        if not self.size and self._broken:
            raise LostTask(self._broken)
        self._fill()
        references = [*self._loads, *self._busy, *self._asked]
        if not references:
            return
        for reference in self._ray.wait(references, num_returns=1, timeout=timeout)[0]:
            self._receive(reference)
        self._fill()
        self._ask()

    def hold(self) -> None:
        """Begins no more tasks."""
        self._held = True
        self._tasks.clear()

    def stop(self, patience: float) -> None:
        """Makes the tasks that are being done end soon, and waits for their results for some seconds."""
        self.hold()
        if self._stopped_until is None:
            self._stopped_until = time.monotonic() + patience
            for actor, _ in self._busy.values():
                actor.stop.remote()
        while self._busy and time.monotonic() < self._stopped_until:
            self.step(0.1)

    def close(self) -> None:
        """Ends all actors."""
        self.hold()
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors, self._idle, self._loads, self._busy, self._asked = [], [], {}, {}, {}

    def _fill(self) -> None:
        while self._tasks and self._idle:
            task = self._tasks.popleft()
            if not self._tries[task]:
                try:
                    self._begin(task)
                except LostTask as error:
                    self.results[task] = error
                    continue
            self._tries[task] += 1
            actor = self._idle.pop(0)
            self._busy[actor.do.remote(task, self._tries[task])] = actor, task
        while not self._held and len(self._actors) < (min(self.size, self.left) if self._given else self.size):
            actor = self._create()
            self._actors.append(actor)
            self._loads[actor.load.remote()] = actor

    def _receive(self, reference: Any) -> None:
        errors = self._ray.exceptions
        try:
            answer = self._ray.get(reference)
        except errors.RayTaskError as error:
            if reference in self._asked:
                self._asked.pop(reference)
                return
            raise error.cause from error
        except errors.RayError as error:
            self._replace(reference, error)
            return
        if reference in self._loads:
            self._ended = 0
            actor = self._loads.pop(reference)
            if self._usable(answer):
                self._idle.append(actor)
                self.loaded = answer if self.loaded is None else self.loaded
            else:
                self.refused.append(answer)
                self.size -= 1
                self._end(actor)
        elif reference in self._busy:
            actor, task = self._busy.pop(reference)
            self.results[task] = answer
            self.numbers.pop(task, None)
            self._idle.append(actor)
        else:
            task = self._asked.pop(reference)
            if any(task == doing for _, doing in self._busy.values()):
                self.numbers[task] = answer

    def _replace(self, reference: Any, error: Exception) -> None:
        """Ends an actor of which nothing more is known, and gives its task to another one."""
        if reference in self._asked:  # the same is said of its task
            self._asked.pop(reference)
            return
        task: int | None = None
        if reference in self._loads:
            actor = self._loads.pop(reference)
            self._ended += 1
            if self._ended >= MOST_TRIES:  # the machines may have no room for so many
                self._ended, self.size = 0, self.size - 1
                self._broken = f"The processes of the cluster end while they load the network: {_reason(error)}."
        else:
            actor, task = self._busy.pop(reference)
        self._end(actor)
        if task is None:
            return
        self.numbers.pop(task, None)
        if self._tries[task] >= MOST_TRIES:
            self.results[task] = LostTask(f"the process that did it has ended {MOST_TRIES} times: {_reason(error)}.")
        elif not self._held:
            self._tasks.appendleft(task)
            self._lost(task)

    def _end(self, actor: Any) -> None:
        self._actors.remove(actor)
        self._ray.kill(actor)

    def _ask(self) -> None:
        now = time.monotonic()
        if now - self._asked_at < _ASK_EVERY or self._asked:
            return
        self._asked_at = now
        self._asked = {actor.progress.remote(): task for actor, task in self._busy.values()}


def _reason(error: Exception) -> str:
    """Why a process has ended, as a part of a sentence."""
    words = f"{type(error).__name__} {error}"
    if "OutOfMemory" in words or "out of memory" in words.lower():
        return "its machine has too little memory"
    return "it was killed, or its machine is gone"
