import asyncio
import threading

import pytest

from antema.app.jobs import Job, Worker, deliver_to_this_thread
from antema.errors import Cancelled


@pytest.fixture
def worker():
    return Worker(lambda function: function())


def job(kind, work, outcomes):
    return Job(kind, work, outcomes.append)


def test_jobs_run_in_order_in_one_other_thread(worker):
    seen, outcomes = [], []
    for number in range(3):
        record = lambda _job, n=number: seen.append((n, threading.current_thread().name))  # noqa: E731
        worker.submit(job("count", record, outcomes))
    assert worker.wait(10)
    assert [number for number, _ in seen] == [0, 1, 2]
    assert {name for _, name in seen} == {"antema"}
    assert outcomes == [None, None, None]


def test_an_exception_reaches_finish_and_the_worker_lives_on(worker):
    outcomes = []
    worker.submit(job("divide", lambda _job: 1 / 0, outcomes))
    worker.submit(job("rest", lambda _job: None, outcomes))
    assert worker.wait(10)
    assert isinstance(outcomes[0], ZeroDivisionError)
    assert outcomes[1] is None


def test_cancel_stops_the_running_job_at_its_next_report_and_drops_the_waiting(worker):
    begun, cancelled, outcomes, later = threading.Event(), threading.Event(), [], []

    def long(running):
        begun.set()
        assert cancelled.wait(10)
        running.report(0.5, "half")

    worker.submit(job("long", long, outcomes))
    worker.submit(job("later", lambda _job: later.append(1), outcomes))
    assert begun.wait(10)
    assert worker.has("long")
    assert worker.has("later")
    worker.cancel()
    assert not worker.has("later")
    cancelled.set()
    assert worker.wait(10)
    assert later == []
    assert [type(outcome) for outcome in outcomes] == [Cancelled, Cancelled]


def test_a_job_that_replaces_keeps_only_the_newest_of_its_kind(worker):
    begun, go_on, outcomes, seen = threading.Event(), threading.Event(), [], []

    def first(running):
        begun.set()
        assert go_on.wait(10)
        running.report(0.5, "half")
        seen.append(1)

    worker.submit(job("update", first, outcomes))
    assert begun.wait(10)
    worker.submit(job("update", lambda _job: seen.append(2), outcomes), replace=True)
    worker.submit(job("update", lambda _job: seen.append(3), outcomes), replace=True)
    go_on.set()
    assert worker.wait(10)
    assert seen == [3]


def test_work_is_delivered_to_the_thread_of_the_running_loop():
    names = []

    async def main():
        worker = Worker(deliver_to_this_thread())
        over = asyncio.Event()

        def finish(_error):
            names.append(threading.current_thread() is threading.main_thread())
            over.set()

        worker.submit(Job("any", lambda _job: None, finish))
        await asyncio.wait_for(over.wait(), 10)

    asyncio.run(main())
    assert names == [True]


def test_without_a_loop_functions_run_at_once():
    seen = []
    deliver_to_this_thread()(lambda: seen.append(1))
    assert seen == [1]
