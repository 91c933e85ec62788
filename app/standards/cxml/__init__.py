"""cXML 1.2: orders, confirmations, ship notices, invoices, carts and catalogues of supplier networks."""
