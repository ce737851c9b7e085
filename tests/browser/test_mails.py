"""The mails in a real browser, light and dark, wide and narrow: nobody is kept out of any."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.showing import must_be_in_order, window
from tests.services.notifier.test_rendering import MAILS, rendered

pytestmark = pytest.mark.browser


def test_nobody_is_kept_out_of_a_mail(browser: Browser) -> None:
    with window(browser) as page:
        for named in MAILS:
            page.set_content(rendered(named).html)
            must_be_in_order(page)
