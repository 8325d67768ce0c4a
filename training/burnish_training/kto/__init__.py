"""KTO on LoRA adapters: the loss, the batches, the reference, and one recipe that puts them together."""
