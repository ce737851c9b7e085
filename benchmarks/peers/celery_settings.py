"""Celery as its users would set it up for work that must not be lost, and tuned."""

from __future__ import annotations

from typing import Final

from celery import Celery

from benchmarks.peers import addresses

THREADS: Final = 16


def celery_app(name: str) -> Celery:
    """The app of the peer ``name``; its tasks travel on the queue ``bench.<name>``."""
    app = Celery(name, broker=addresses.amqp_url(), set_as_current=True)
    app.conf.update(
        task_default_queue=f"bench.{name}",
        task_default_queue_type="classic",
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_default_delivery_mode="persistent",
        broker_transport_options={"confirm_publish": True},
        broker_pool_limit=THREADS + 1,  # no thread waits for a connection to publish on
        broker_connection_retry_on_startup=True,
        worker_pool="threads",
        worker_concurrency=THREADS,
        worker_prefetch_multiplier=4,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_disable_rate_limits=True,
    )
    return app
