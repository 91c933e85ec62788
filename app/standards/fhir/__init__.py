"""FHIR R4 (4.0.1) in JSON: SupplyDelivery, alone or in a Bundle."""
