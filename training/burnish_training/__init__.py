"""How models are trained: pretraining of the bundled base model and its evaluation."""
