"""Tables: CSV, fixed width and XLSX files, for partners that have no messages."""
