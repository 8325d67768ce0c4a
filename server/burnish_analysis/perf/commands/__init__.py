"""Click commands of the analysis, found through the entry-point group ``burnish.commands``."""
