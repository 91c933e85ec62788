"""The demonstration hospital: what is in its Odoo, its channels, its crosswalk and the messages its systems send."""
