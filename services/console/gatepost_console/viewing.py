"""Whoever looks, through the API or a page: the company they look at, and the person, if any."""

from dataclasses import dataclass

from gatepost.domain.errors import NotEntitled, NotFound
from gatepost.domain.items import Item
from gatepost.domain.people import Company, Person
from gatepost.domain.permissions import must_see, sees_money


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """What a company shows to somebody. Without a person there are no rights to narrow it."""

    company: Company
    person: Person | None = None

    def must_see(self, item: Item | None = None) -> None:
        """Pass, or refuse: an item of another company is not there, a person may lack the right.

        Raises:
            NotFound, NotEntitled: see there.

        """
        if item is not None and item.company != self.company.key:
            raise NotFound.because(
                f"there is no item {item.id}",
                field="item_id",
                who_can_fix="the caller: check the id",
            )
        if self.person is not None:
            must_see(self.person, item)

    def sees_money(self, item: Item | None = None) -> bool:
        return self.person is None or sees_money(self.person, item)

    def must_see_money(self, item: Item) -> None:
        """Pass, or refuse a person who keeps things going but does not read the books.

        Raises:
            NotEntitled: their level on the ERP tool is "none".

        """
        if self.person is not None and not sees_money(self.person, item):
            raise NotEntitled.because(
                f"{self.person.name} lacks the level Read Only on the ERP tool: amounts are not shown",
                field="by",
                who_can_fix="an Admin of the ERP tool can grant it in the company's directory",
            )
