"""UBL 2.0 to 2.4, above all as the Peppol BIS 3 and its forerunners use it."""
