"""The trip as it is usually written: Celery tasks over SQLAlchemy models and requests."""
