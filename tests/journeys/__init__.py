"""Journeys: stories a person would tell, on the embedded stack and on real servers alike."""
