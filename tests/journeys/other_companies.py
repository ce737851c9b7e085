"""Companies beside the one of the journeys, for settings that would be in the others' way."""

from gatepost.ledger import directory_file
from tests.journeys.company import DIRECTORY, SANDBOX
from tests.journeys.gate import Gate


def enter(
    gate: Gate,
    company: str,
    *,
    connected: bool = True,
    connection: str = SANDBOX,
    vendor: str = "V-100",
    settings: str = 'auto_accept = ["invoice"]',
    people: str = "",
) -> None:
    """Enter a company with the people of the other one, with or without its ERP.

    Args:
        gate: where.
        company: its key.
        connected: whether it has an ERP.
        connection: what the directory says of that.
        vendor: the id of ``v-7`` there.
        settings: the lines of its settings.
        people: entries that take the place of those with the same address.

    """
    text = DIRECTORY.replace(SANDBOX, connection).replace("ERP_URL", gate.stack.sandbox_url)
    text = text.replace('"V-100"', f'"{vendor}"')
    text = text.replace('auto_accept = ["invoice"]', settings)
    file = directory_file.parse(text.replace('key = "acme"', f'key = "{company}"'))
    head = f'[company]\nkey = "{company}"\nname = "{company}"\n'
    others = directory_file.parse(head + people).people
    known = {each.email: each for each in (*file.people, *others)}
    update: dict[str, object] = {"people": list(known.values())}
    if not connected:
        update["connections"] = []
    directory_file.apply(gate.stack.ledger.database, file.model_copy(update=update))
