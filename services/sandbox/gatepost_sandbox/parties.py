"""The customers and vendors a fresh set of books begins with."""

from typing import Final

Party = dict[str, str]

CUSTOMERS: Final[tuple[Party, ...]] = (
    {"id": "C-10", "name": "City of Port Calder", "city": "Port Calder", "terms": "Net 30"},
    {"id": "C-11", "name": "Calder County Roads", "city": "Port Calder", "terms": "Net 45"},
    {"id": "C-12", "name": "State Bridge Authority", "city": "Fairmont", "terms": "Net 60"},
    {"id": "C-13", "name": "Northline Rail", "city": "Eastham", "terms": "Net 30"},
    {"id": "C-14", "name": "Lindqvist Shipping", "city": "Port Calder", "terms": "Net 30"},
    {"id": "C-15", "name": "Harbor District Partners", "city": "Port Calder", "terms": "Net 15"},
    {"id": "C-16", "name": "Moreau Development", "city": "Fairmont", "terms": "Net 30"},
)

VENDORS: Final[tuple[Party, ...]] = (
    {"id": "V-100", "name": "Aker Steel AS", "city": "Stavern", "terms": "Net 30"},
    {"id": "V-101", "name": "Tidewater Piling Co", "city": "Port Calder", "terms": "Net 30"},
    {"id": "V-102", "name": "Corbel Concrete LLC", "city": "Eastham", "terms": "Net 30"},
    {"id": "V-103", "name": "Mercer Electric Inc", "city": "Fairmont", "terms": "Net 45"},
    {"id": "V-104", "name": "Okafor Surveying", "city": "Port Calder", "terms": "Net 15"},
    {"id": "V-105", "name": "Dunmore Crane Hire", "city": "Eastham", "terms": "Net 30"},
    {"id": "V-106", "name": "Bexley Rail & Guard", "city": "Fairmont", "terms": "Net 30"},
    {"id": "V-107", "name": "Santoro Paving", "city": "Port Calder", "terms": "Net 30"},
    {"id": "V-108", "name": "Skagen Coatings Inc", "city": "Stavern", "terms": "Net 30"},
    {"id": "V-109", "name": "Halloran Safety Supply", "city": "Eastham", "terms": "Net 10"},
)
