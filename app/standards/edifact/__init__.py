"""UN/EDIFACT, directories D.93A to D.01B and what is near, with GS1's subset EANCOM: the supply chain's messages."""
