"""Pretraining of the bundled base model: corpus, tokenizer, examples, recipe, export."""
