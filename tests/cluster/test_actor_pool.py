"""`ActorPool` with a stand-in for Ray, whose actors do a call when it is asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from maskseg_cli.cluster.actor_pool import MOST_TRIES, ActorPool, LostTask


class RayError(Exception):
    pass


class RayTaskError(RayError):
    pass


class Reference:
    """A call that has not been made yet."""

    def __init__(self, call: Any) -> None:
        self.call = call


class Ray:
    """What `ActorPool` uses of the package; calls are made one after the other, in the order of the references."""

    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self) -> None:
        self.killed: list[Any] = []

    def wait(self, references: list[Reference], num_returns: int, timeout: float) -> tuple[list[Reference], list[Any]]:
        return references[:1], references[1:]

    def get(self, reference: Reference) -> Any:
        return reference.call()

    def kill(self, actor: Any) -> None:
        self.killed.append(actor)


class Actor:
    """An actor that ends at some tasks, or while it loads."""

    def __init__(self, deadly: tuple[int, ...] = (), loads: str = "loaded") -> None:
        self.did: list[tuple[int, int]] = []

        def load() -> str:
            if loads == "dies":
                raise RayError("gone")
            return loads

        def do(task: int, tries: int) -> str:
            self.did.append((task, tries))
            if task in deadly:
                raise RayError("out of memory")
            return f"{task} done"

        self.load, self.do, self.stop, self.progress = (
            SimpleNamespace(remote=lambda *given, call=call: Reference(lambda: call(*given)))
            for call in (load, do, lambda: None, lambda: 7)
        )


def steps(pool: ActorPool, number: int) -> None:
    for _ in range(number):
        pool.step(0)


def finish(pool: ActorPool) -> None:
    for _ in range(100):
        if not pool.left:
            return
        pool.step(0)
    raise AssertionError("it does not end")


def test_tasks_are_begun_in_order_when_actors_have_loaded() -> None:
    begun: list[int] = []
    pool = ActorPool(Ray(), Actor, 2, begin=begun.append)
    pool.step(0)
    assert (pool.loaded, begun) == ("loaded", [])
    pool.give([3, 1, 2])
    finish(pool)
    assert begun == [3, 1, 2]
    assert pool.results == {1: "1 done", 2: "2 done", 3: "3 done"}


def test_a_task_that_ends_its_processes_is_given_up() -> None:
    lost: list[int] = []
    ray = Ray()
    pool = ActorPool(ray, lambda: Actor(deadly=(1,)), 1, lost=lost.append)
    pool.give([0, 1, 2])
    finish(pool)
    assert lost == [1] * (MOST_TRIES - 1)
    assert str(pool.results[1]) == "the process that did it has ended 3 times: its machine has too little memory."
    assert (pool.results[0], pool.results[2]) == ("0 done", "2 done")
    assert len(ray.killed) == MOST_TRIES


def test_a_machine_without_room_for_all_actors_gets_fewer() -> None:
    made: list[Actor] = []

    def create() -> Actor:
        made.append(Actor(loads="dies" if made else "loaded"))
        return made[-1]

    pool = ActorPool(Ray(), create, 2)
    steps(pool, 10)
    assert (pool.size, len(made)) == (1, 1 + MOST_TRIES)
    pool.give(range(4))
    finish(pool)
    assert len(pool.results) == 4


def test_where_no_actor_can_load_it_is_said() -> None:
    pool = ActorPool(Ray(), lambda: Actor(loads="dies"), 1)
    with pytest.raises(LostTask, match="end while they load the network: it was killed"):
        steps(pool, 10)
    assert not pool.size


def test_actors_that_cannot_work_are_ended() -> None:
    kinds = iter(["refused", "loaded"])
    pool = ActorPool(Ray(), lambda: Actor(loads=next(kinds)), 2, usable=lambda loaded: loaded == "loaded")
    pool.give([0, 1])
    finish(pool)
    assert (pool.size, pool.refused, pool.loaded, len(pool.results)) == (1, ["refused"], "loaded", 2)


def test_a_task_that_cannot_be_begun_has_that_as_its_result() -> None:
    def begin(task: int) -> None:
        if task == 1:
            raise LostTask("it is locked")

    pool = ActorPool(Ray(), Actor, 1, begin=begin)
    pool.give([0, 1, 2])
    finish(pool)
    assert str(pool.results[1]) == "it is locked"
    assert len(pool.results) == 3


def test_after_a_stop_nothing_is_begun() -> None:
    pool = ActorPool(Ray(), Actor, 1)
    pool.give([0, 1, 2])
    pool.step(0)
    pool.stop(5)
    assert pool.left == 0
    assert list(pool.results) == [0]


def test_progress_is_that_of_tasks_in_progress() -> None:
    class Slow(Ray):
        """Answers questions before tasks."""

        def wait(self, references: list[Reference], num_returns: int, timeout: float) -> Any:
            return references[-1:], references[:-1]

    pool = ActorPool(Slow(), Actor, 1)
    pool.give([5])
    pool.step(0)
    pool.step(0)
    assert pool.numbers == {5: 7}
    finish(pool)
    assert pool.numbers == {}
