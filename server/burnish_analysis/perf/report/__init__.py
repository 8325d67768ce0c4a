"""How findings are told: as items that every output format is made from, as text, as SARIF, and the catalogue as a document."""
