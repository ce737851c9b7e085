"""What stands for an Odoo in the tests: a stub of its two protocols, and the line to one."""
