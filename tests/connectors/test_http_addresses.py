"""The address of an ERP that cannot be one is said as it was given, without who signs in there."""

import pytest

from gatepost.connectors.errors import ConfigurationError
from gatepost.connectors.http import HttpClient


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:29200", '"127.0.0.1:29200" is no HTTP address: http:// or https:// is missing'),
        ("erp.example/api", '"erp.example/api" is no HTTP address: http:// or https:// is missing'),
        ("ann:secret@erp.example", '"erp.example" is no HTTP address: http:// or https:// is mis'),
        ("https:///api", '"https:///api" is no HTTP address: it names no host'),
        ("", '"" is no HTTP address: http:// or https:// is missing'),
    ],
)
def test_an_address_that_is_none_says_what_is_missing(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        HttpClient(url, timeout=1.0)
    assert refused.value.message.startswith(said)
