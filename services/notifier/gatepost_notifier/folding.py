"""Folding headers that hold more than ASCII, without losing a character.

The folding of :mod:`email.policy` drops or doubles blanks between encoded words, and breaks some of
them, when a header is longer than a line (seen with Python 3.11.7). The older :mod:`email.header`
does not; here it folds the subject and the names of people.
"""

from email.header import Header
from email.headerregistry import AddressHeader
from email.policy import EmailPolicy
from typing import Final


class Folding(EmailPolicy):
    """The policy of all our mails: CRLF, and a body that passes servers without 8BITMIME."""

    def fold(self, name: str, value: str) -> str:
        return self._folded(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        folded = self._folded(name, value)
        return folded.encode() if folded else super().fold_binary(name, value)

    def _folded(self, name: str, value: str) -> str:
        """The header with its end of line; empty where the policy's own way does."""
        if value.isascii():
            return ""
        if not isinstance(value, AddressHeader):
            return f"{name}: {self._encoded(name, value)}{self.linesep}"
        (address,) = value.addresses
        if address.display_name.isascii():
            return ""
        encoded = self._encoded(name, address.display_name)
        return f"{name}: {encoded}{self.linesep} <{address.addr_spec}>{self.linesep}"

    def _encoded(self, name: str, text: str) -> str:
        return Header(str(text), "utf-8", header_name=name).encode(linesep=self.linesep)


FOLDING: Final = Folding(linesep="\r\n", cte_type="7bit", max_line_length=78)
