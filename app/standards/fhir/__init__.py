"""FHIR R4 (4.0.1) and R5 (5.0.0) in JSON: supply resources and master data, alone or in Bundles."""
