"""What a model is and how it runs: catalogue, files, fill-in-the-middle templates, and the engine."""
