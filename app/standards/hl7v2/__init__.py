"""HL7 version 2, releases 2.3 to 2.9, in the encoding with vertical bars (ER7)."""
