"""Click commands of this package, found through the entry-point group ``burnish.commands``."""
