"""What travels: events from and to the outside, requests between the services, and their routes."""
