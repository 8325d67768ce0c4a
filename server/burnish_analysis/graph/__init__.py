"""The code graph of a workspace: what each file defines, imports and uses, and how names resolve across files."""
