"""Whether two versions of a function behave alike, and which is faster: run, compared and measured in the sandbox."""
