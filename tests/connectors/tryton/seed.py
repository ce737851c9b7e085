"""Makes the books of a small company in a new Tryton: run by Tryton's own Python, not by ours.

``seed.py CONFIG DATABASE KEY BOOKKEEPER`` prints the ids as JSON; the keys are for the REST API.
"""

import json
import sys
from datetime import date

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company

YEAR = (date(2026, 1, 1), date(2026, 12, 31))  # that of the items in the tests


def main(configuration: str, database: str, key: str, bookkeeper: str) -> None:
    config.set_trytond(f"sqlite:///{database}", config_file=configuration)
    party = Model.get("party.party")
    builders = party(name="Acme Builders")
    builders.save()
    create_company(builders, "USD")
    company = get_company()
    fiscalyear = set_fiscalyear_invoice_sequences(create_fiscalyear(company, YEAR))
    fiscalyear.save()
    fiscalyear.click("create_period")
    create_chart(company)
    retainage()
    vendors = [party(name=name) for name in ("Aker Steel AS", "Côte Béton SARL")]
    for vendor in vendors:
        vendor.addresses[0].city = "Port Calder"
        vendor.save()
    jobs = Model.get("analytic_account.account")(code="JOBS", name="Jobs", type="root")
    jobs.company = company
    jobs.state = "opened"
    jobs.save()
    let_in(key)
    give_key(Model.get("res.user").find([("login", "=", "admin")])[0], bookkeeper)
    print(json.dumps({"vendors": [vendor.id for vendor in vendors], "jobs": jobs.id}))


def retainage() -> None:
    """What is owed to suppliers later: an account that lines of supplier invoices may have."""
    (kind,) = Model.get("account.account.type").find([("name", "like", "Financial liabilities%")])
    kind.debt = True
    kind.save()
    (account,) = Model.get("account.account").find([("code", "=", "2.3.7")])
    account.name = "Retainage Payable"
    account.save()


def let_in(key: str) -> None:
    """A user for Gatepost, with the rights its page asks for, and a key for the REST API."""
    user = Model.get("res.user")(name="Gatepost", login="gatepost")
    for name in ("Accounting", "Purchase", "Analytic Administration"):
        user.groups.extend(Model.get("res.group").find([("name", "=", name)]))
    user.companies.extend(Model.get("company.company").find())
    user.company = user.companies[0]
    user.save()
    give_key(user, key)


def give_key(user: Model, key: str) -> None:
    Model.get("res.user.application")(user=user, application="rest", key=key).save()


main(*sys.argv[1:])
