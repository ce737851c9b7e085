"""The sandbox: an ERP that keeps real books and fails when told to, a mail server, an upstream."""
