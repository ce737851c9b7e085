"""The trip by hand: Celery tasks over as few psycopg statements as it takes, and http.client."""
