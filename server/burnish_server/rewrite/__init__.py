"""Versions of a function that a model proposes and the verifier proves: asked for, read strictly, screened, verified, ranked."""
