"""What travels: events in and out, and the routes between the services."""
