"""The language server: LSP handlers and the completion pipeline."""
